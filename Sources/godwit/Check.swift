import ArgumentParser
import Picoprocess

struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Show what this host offers to confine a picoprocess.",
    discussion: "The exit status is 0 where --sandbox=require runs programs, else 1.")

  func run() throws {
    let check = HostCheck()
    Console.show(table(check.lines.map { [$0.name, $0.text] }))
    Console.exit(check.isFull ? 0 : 1)
  }
}
