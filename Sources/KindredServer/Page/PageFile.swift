/// One of the files of the page, built into the program so that it can be moved anywhere.
public struct PageFile: Sendable {
  /// The name that the page asks for it by.
  public let name: String
  /// What it is, for a browser.
  public let mediaType: String
  /// What it holds.
  public let bytes: [UInt8]

  /// The page itself, which names the others.
  public static let page = PageFile(
    name: "index.html", mediaType: "text/html; charset=utf-8", bytes: PackageResources.index_html)

  /// The page that shows the interface for programs.
  public static let docs = PageFile(
    name: "docs.html", mediaType: "text/html; charset=utf-8", bytes: PackageResources.docs_html)

  /// What the pages ask for.
  public static let parts = [
    PageFile(name: "style.css", mediaType: "text/css; charset=utf-8", bytes: PackageResources.style_css),
    PageFile(name: "icon.svg", mediaType: "image/svg+xml", bytes: PackageResources.icon_svg),
    script("start.js", PackageResources.start_js), script("app.js", PackageResources.app_js),
    script("api.js", PackageResources.api_js),
    script("data.js", PackageResources.data_js), script("admin.js", PackageResources.admin_js),
    script("dom.js", PackageResources.dom_js), script("films.js", PackageResources.films_js),
    script("map.js", PackageResources.map_js), script("gestures.js", PackageResources.gestures_js),
    script("models.js", PackageResources.models_js), script("compare.js", PackageResources.compare_js),
    script("scene.js", PackageResources.scene_js), script("snippets.js", PackageResources.snippets_js),
    script("docs.js", PackageResources.docs_js),
  ]

  private static func script(_ name: String, _ bytes: [UInt8]) -> PageFile {
    PageFile(name: name, mediaType: "text/javascript; charset=utf-8", bytes: bytes)
  }
}
