import Foundation
import Kindred

/// The system, the processor and the memory of this machine as text, such as `Ubuntu 24.04 LTS, AMD EPYC 7763, 2 cores,
/// 8.3 GB of memory`.
func machineText() -> String {
  let machine = ProcessInfo.processInfo
  let cores = machine.activeProcessorCount
  let parts = [
    machine.operatingSystemVersionString, processorName,
    "\(cores.grouped) core\(cores == 1 ? "" : "s"), \(Int(machine.physicalMemory).asMemory) of memory",
  ]
  return parts.compactMap { $0 }.joined(separator: ", ")
}

/// The name of the processor; nil where the system does not tell it in a file, as only Linux does.
private var processorName: String? {
  guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8),
    let line = text.split(separator: "\n").first(where: { $0.hasPrefix("model name") }),
    let name = line.split(separator: ":", maxSplits: 1).last
  else { return nil }
  return name.trimmingCharacters(in: .whitespaces)
}
