import KindredServer
import Testing
