/// `gcc hello.c`, all of it: driver, compiler, assembler, linker. In the tree that `make compat` uses.
///
/// The driver finds its parts by a prefix (`-B`): for qemu-user they are scripts there which start the
/// parts under qemu-user, as binfmt_misc would.
struct CompilerRow: Row {
  var isa: ISA
  var name: String { "gcc.\(isa)" }

  private var compiler: String { "/usr/bin/gcc-12" }

  func measure(rounds: Int) throws -> [Result] {
    let root = try System.absolute(isa.rootfs + "-apps")
    guard System.exists(root) else {
      throw Failure("\(root) is missing: make compat-rootfs unpacks it")
    }
    let folder = try System.temporaryFolder()
    defer { System.removeFolder(folder) }
    let source = folder + "/hello.c"
    try System.write(
      "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n", toFile: source)
    let triple = isa == .x86_64 ? "x86_64-linux-gnu" : "aarch64-linux-gnu"
    for part in ["cc1", "collect2", "as", "ld"] {
      let program =
        part == "as" || part == "ld"
        ? "\(root)/usr/bin/\(triple)-\(part)" : "\(root)/usr/lib/gcc/\(triple)/12/\(part)"
      try System.write(
        "#!/bin/sh\nexec /usr/bin/\(isa.qemu) -L \(root) \(program) \"$@\"\n",
        toFile: folder + "/" + part, isExecutable: true)
    }
    return try Comparison(
      name,
      godwit: [
        godwit, "run", "--root", root, "--mount", "\(folder):/mnt", "--", compiler, "-O1",
        "/mnt/hello.c", "-o", "/mnt/hello",
      ],
      qemu: [
        isa.qemu, "-L", root, root + compiler, "-B\(folder)/", "--sysroot=\(root)", "-O1", source,
        "-o", folder + "/hello",
      ], most: 1.5
    ).measure(rounds: rounds)
  }
}
