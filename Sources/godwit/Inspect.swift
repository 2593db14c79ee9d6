import ArgumentParser
import Picoprocess
import Snapshot

struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Show what a snapshot holds.")

  @Argument(help: "The snapshot.")
  var file: String

  func run() throws {
    let reader = try SnapshotFile.reader(file)
    let header = reader.header
    print("snapshot     \(header.id)")
    print("guest        \(header.guestISA)")
    print("library OS   \(header.libraryOSVersion), ABI \(header.abiVersion)")
    print("taken on     \(header.hostNote)")
    print("size         \(reader.byteCount) bytes")
    print("pages        \(reader.pageCount) stored in \(reader.storedPageBytes) bytes")
    for section in reader.sections {
      print("section \(section.id)    \(section.byteCount) bytes, \(section.storedByteCount) stored")
    }
    for line in try SnapshotSummary(reader).lines { print(line) }
  }
}

struct Verify: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Check every byte of a snapshot.")

  @Argument(help: "The snapshot.")
  var file: String

  func run() throws {
    let reader = try SnapshotFile.reader(file)
    do throws(SnapshotError) {
      try reader.verify()
    } catch { throw Failure("\(file): \(error)") }
    print("\(file): whole, \(reader.byteCount) bytes, \(reader.contentDigest)")
  }
}

struct Version: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Show the version.")

  func run() throws { print("godwit \(Picoprocess.libraryOSVersion)") }
}
