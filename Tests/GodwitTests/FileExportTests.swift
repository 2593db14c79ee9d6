import Foundation
import Glibc
import LibOSState
import Snapshot
import TestSupport
import Testing

import LibOS

/// The guest's own files as files of the host.
@Suite struct FileExportTests {
  private static let isas = Checkout.isas

  /// Makes one file of each kind, and changes, moves, hides and removes some of the root's.
  private static let guest = """
    import os, socket, time
    os.makedirs('/srv/made/sub')
    def put(path, text):
      with open(path, 'w') as file: file.write(text)
    put('/srv/made/file', 'contents')
    put('/srv/made/set-id', 'program')
    os.setxattr('/srv/made/file', 'user.note', b'a note')
    os.link('/srv/made/file', '/srv/made/sub/other')
    os.symlink('../file', '/srv/made/sub/link')
    os.mkfifo('/srv/made/fifo', 0o620)
    socket.socket(socket.AF_UNIX).bind('/srv/made/socket')
    with open('/srv/made/sparse', 'wb') as file:
      file.seek(40 << 20)
      file.write(b'end')
      file.truncate(50 << 20)
    os.chmod('/srv/made/set-id', 0o4751)
    os.chmod('/srv/made/file', 0o640)
    os.chmod('/srv/made/sub', 0o500)
    for path in ['/srv/made/file', '/srv/made/sub', '/srv/made']:
      os.utime(path, ns=(1234567890123456789, 1111111111222222222))
    os.remove('/etc/issue.net')
    with open('/etc/mime.types', 'a') as file: file.write('more')
    os.chmod('/etc/issue', 0o600)
    os.rename('/etc/skel', '/etc/moved')
    os.rename('/etc/terminfo', '/etc/away')
    os.rename('/etc/away', '/etc/terminfo')
    for name in os.listdir('/etc/default'): os.remove('/etc/default/' + name)
    os.rmdir('/etc/default')
    os.mkdir('/etc/default')
    put('/etc/default/new', 'new')
    open('/etc/passwd').read()
    put('/dev/shm/shared', 'in memory')
    put('/media/a-b/in mount', 'mounted')
    open('/mnt/ready', 'w').close()
    while True: time.sleep(0.01)
    """

  private static let take = """
    cat >guest.py <<'END'
    \(guest)
    END
    mkdir shown
    mv guest.py shown
    $G run --name guest --root $R --mount ./shown:/mnt --tmpfs /media/a-b --env PYTHONDONTWRITEBYTECODE=1 \
      -- /usr/bin/python3 /mnt/guest.py &
    await shown/ready
    $G suspend guest -o snapshot
    wait

    """

  @Test(arguments: isas) func everyKindOfFileIsThere(isa: String) throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.take + """
        $G export --files snapshot out >said || echo "status $?"
        # Times first: looking at a file changes them.
        stat -c '%n %h %x %y' out/root/srv/made/file out/root/srv/made/sub out/root/srv/made
        cd out
        find root/srv/made root/etc tmpfs -printf '%y %m %p %l\n' | LC_ALL=C sort
        cat root/srv/made/file root/etc/default/new tmpfs/dev-shm/shared tmpfs/media-*/*; echo
        stat -c '%s' root/srv/made/sparse; tail -c +41943041 root/srv/made/sparse | head -c 3; echo
        [ $(stat -c '%b' root/srv/made/sparse) -lt 100 ] || echo "not sparse"
        python3 -c "import os; print(os.getxattr('root/srv/made/file', 'user.note').decode())"
        cat $R/etc/mime.types <(echo -n more) | cmp - root/etc/mime.types
        cmp $R/etc/issue root/etc/issue
        diff -r $R/etc/skel root/etc/moved
        cat ../said
        """, isa: isa)
    let time = "2009-02-13 23:31:30.123456789 +0000 2005-03-18 01:58:31.222222222 +0000"
    #expect(
      outcome.text == """
        out/root/srv/made/file 2 \(time)
        out/root/srv/made/sub 2 \(time)
        out/root/srv/made 3 \(time)
        d 1777 tmpfs/dev-shm\u{20}
        d 1777 tmpfs/media-a\\x2db\u{20}
        d 500 root/srv/made/sub\u{20}
        d 755 root/etc\u{20}
        d 755 root/etc/default\u{20}
        d 755 root/etc/moved\u{20}
        d 755 root/etc/terminfo\u{20}
        d 755 root/srv/made\u{20}
        d 755 tmpfs\u{20}
        f 600 root/etc/issue\u{20}
        f 640 root/srv/made/file\u{20}
        f 640 root/srv/made/sub/other\u{20}
        f 644 root/etc/.wh.issue.net\u{20}
        f 644 root/etc/.wh.skel\u{20}
        f 644 root/etc/default/.wh..wh..opq\u{20}
        f 644 root/etc/default/new\u{20}
        f 644 root/etc/mime.types\u{20}
        f 644 root/etc/moved/.bash_logout\u{20}
        f 644 root/etc/moved/.bashrc\u{20}
        f 644 root/etc/moved/.profile\u{20}
        f 644 root/srv/made/sparse\u{20}
        f 644 tmpfs/dev-shm/shared\u{20}
        f 644 tmpfs/media-a\\x2db/in mount\u{20}
        f 751 root/srv/made/set-id\u{20}
        l 777 root/srv/made/sub/link ../file
        p 600 root/srv/made/fifo\u{20}
        s 755 root/srv/made/socket\u{20}
        contentsnewin memorymounted
        52428800
        end
        a note
        out: 11 files, 9 directories, 3 of other kinds, 3 removed
        1 without the right to run as another user: see --set-id

        """, "\(outcome.text) \(outcome.error)")
    #expect(outcome.error.isEmpty, "\(outcome.error)")
  }

  /// What lies in the root is left out of an export that may not use it, and named.
  @Test func whatAStrangersSnapshotNeedsIsLeftOut() throws {
    let scratch = try Scratch()
    let outcome = try scratch.shell(
      Self.take + """
        export XDG_CONFIG_HOME=$PWD/stranger
        $G export --files snapshot out; echo "status $?"
        cd out; find root/etc | LC_ALL=C sort; cat root/srv/made/file
        """)
    #expect(
      outcome.text == """
        out: 6 files, 9 directories, 3 of other kinds, 3 removed
        1 without the right to run as another user: see --set-id
        status 125
        root/etc
        root/etc/.wh.issue.net
        root/etc/.wh.skel
        root/etc/default
        root/etc/default/.wh..wh..opq
        root/etc/default/new
        root/etc/moved
        root/etc/terminfo
        contents
        """, "\(outcome.text)")
    #expect(
      outcome.error.hasSuffix(": it lies in the root, which is not here or may not be used\n"),
      "\(outcome.error)")
    #expect(outcome.error.contains(" is left out, with 2 more: "), "\(outcome.error)")
  }

  // MARK: Hostile snapshots

  /// Exports a golden snapshot whose root was changed: a directory with number 1 and a file with number 2 in it are
  /// there to be changed.
  ///
  /// - Parameter object: changes memory object 999, which nobody has otherwise, and its page map.
  private func export(
    _ scratch: borrowing Scratch, _ change: (inout Godwit_State_Tree) -> Void,
    object changeObject: ((inout Godwit_State_MemoryObject, inout PageMap) -> Void)? = nil
  ) throws -> Outcome {
    let golden = Checkout.root.appendingPathComponent(
      "Tests/Golden/format-2-abi-1/x86_64-whole.snapshot")
    var parts = try SnapshotParts(
      SnapshotReader(SnapshotBytes(Array(try Data(contentsOf: golden)))))
    let section = StateSection.filesystems.rawValue
    var state = try #require(Godwit_State_Filesystems(decoding: parts.sections[section]!))
    var root = Godwit_State_Node()
    (root.number, root.type) = (1, 0o40000)
    root.entries = [Self.entry("file", 2)]
    var file = Godwit_State_Node()
    (file.number, file.type) = (2, 0o100000)
    file.attributes.permissions = 0o644
    state.mounts[0].tree.nodes = [root, file]
    state.mounts[0].tree.root = 1
    change(&state.mounts[0].tree)
    parts.sections[section] = state.encoded()
    if let changeObject {
      var memory = try #require(Godwit_State_Memory(decoding: parts.sections[2]!))
      var maps = try #require(Godwit_State_PageMaps(decoding: parts.sections[7]!))
      var object = Godwit_State_MemoryObject()
      object.id = 999
      var map = PageMap()
      changeObject(&object, &map)
      memory.objects.append(object)
      var owner = Godwit_State_PageOwner()
      (owner.memoryObject, owner.pages) = (999, Data(map.encoded))
      if map.pageCount > 0 { maps.owners.append(owner) }
      parts.sections[2] = memory.encoded()
      parts.sections[7] = maps.encoded()
    }
    try Data(parts.encoded()).write(to: URL(fileURLWithPath: scratch.path("hostile")))
    try? FileManager.default.removeItem(atPath: scratch.path("out"))
    return try godwit(["export", "--files", scratch.path("hostile"), scratch.path("out")])
  }

  private static func entry(_ name: String, _ number: UInt64) -> Godwit_State_Entry {
    var entry = Godwit_State_Entry()
    (entry.name, entry.number) = (Data(name.utf8), number)
    return entry
  }

  private static func directory(_ number: UInt64, _ entries: [Godwit_State_Entry])
    -> Godwit_State_Node
  {
    var node = Godwit_State_Node()
    (node.number, node.type, node.entries) = (number, 0o40000, entries)
    node.attributes.permissions = 0o755
    return node
  }

  @Test func whatIsUnchangedIsExported() throws {
    let scratch = try Scratch()
    let outcome = try export(scratch) { _ in }
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(FileManager.default.fileExists(atPath: scratch.path("out/root/file")))
  }

  @Test(arguments: ["", ".", "..", "a/b", "/etc", "a\0b"])
  func namesThatLeadElsewhereAreRefused(name: String) throws {
    let scratch = try Scratch()
    let entries: [(inout Godwit_State_Tree) -> Void] = [
      { $0.nodes[0].entries = [Self.entry(name, 2)] },
      { $0.nodes[0].whiteouts = [Data(name.utf8)] },
      {
        $0.nodes[0].entries = [Self.entry("below", 3)]
        $0.nodes.append(Self.directory(3, [Self.entry(name, 2)]))
      },
    ]
    for change in entries {
      let outcome = try export(scratch, change)
      #expect(outcome.status == 125)
      #expect(outcome.error.contains("its state makes no sense: the name "), "\(outcome.error)")
      #expect(!FileManager.default.fileExists(atPath: scratch.path("out")))
    }
  }

  @Test func treesThatAreNoneAreRefused() throws {
    let scratch = try Scratch()
    let changes: [(inout Godwit_State_Tree) -> Void] = [
      // Two entries of one name: a link, and what would be written through it.
      { $0.nodes[0].entries += [Self.entry("file", 2)] },
      { $0.nodes[0].entries += [Self.entry("gone", 9)] },
      // A directory in two places, and one in itself.
      {
        $0.nodes[0].entries += [Self.entry("a", 3), Self.entry("b", 3)]
        $0.nodes.append(Self.directory(3, []))
      },
      {
        $0.nodes[0].entries += [Self.entry("a", 3)]
        $0.nodes.append(Self.directory(3, [Self.entry("a", 3)]))
      },
      { $0.nodes[1].type = 0o170000 },
      { $0.nodes[1].attributes.modified.nanoseconds = 1_000_000_000 },
      { $0.nodes[1].attributes.modified.nanoseconds = -2 },
      { $0.nodes[1].clearAttributes() },
      // Links to nowhere, and with more than a path behind them.
      { $0.nodes[1].type = 0o120000 },
      {
        $0.nodes[1].type = 0o120000; $0.nodes[1].target = Data("a\0b".utf8)
      },
      {
        $0.nodes[1].type = 0o120000; $0.nodes[1].target = Data(repeating: 97, count: 4096)
      },
      {
        $0.nodes[1].lower = Data("../../etc/shadow".utf8); $0.nodes[1].hasLower_p = true
      },
    ]
    for change in changes {
      let outcome = try export(scratch, change)
      #expect(outcome.status == 125)
      #expect(outcome.error.contains("its state makes no sense: "), "\(outcome.error)")
      #expect(!FileManager.default.fileExists(atPath: scratch.path("out")))
    }
  }

  /// Links lead nowhere: what lies in a directory is made in that directory.
  @Test func linksAreNotFollowed() throws {
    let scratch = try Scratch()
    let outcome = try export(scratch) { tree in
      var link = tree.nodes[1]
      (link.number, link.type, link.target) = (3, 0o120000, Data("/nonexistent/target".utf8))
      tree.nodes[0].entries += [Self.entry("link", 3), Self.entry("other", 3)]
      tree.nodes.append(link)
    }
    #expect(outcome.status == 0, "\(outcome.error)")
    let links = ["link", "other"].map {
      try? FileManager.default.destinationOfSymbolicLink(atPath: scratch.path("out/root/\($0)"))
    }
    #expect(links == ["/nonexistent/target", "/nonexistent/target"])
  }

  /// A few bytes of a page map name a page again and again, more often than the guest has memory for.
  @Test func repeatedPagesAreBounded() throws {
    let scratch = try Scratch()
    let outcome = try export(
      scratch, { $0.nodes[1].object = 999 },
      object: { object, map in
        object.size = 5000 << 12
        for page in UInt64(0)..<5000 { map.append(page, PageReference(rawValue: 1)) }
      })
    #expect(outcome.status == 125)
    #expect(outcome.error.contains("the files in memory"), "\(outcome.error)")
  }

  /// It is made of a hole, or named.
  @Test func hugeFilesAreNotWritten() throws {
    let scratch = try Scratch()
    let outcome = try export(
      scratch, { $0.nodes[1].object = 999 }, object: { object, _ in object.size = 1 << 62 })
    if outcome.status == 0 {
      var status = stat()
      #expect(unsafe stat(scratch.path("out/root/file"), &status) == 0)
      #expect(status.st_size == 1 << 62 && status.st_blocks < 100)
    } else {
      #expect(outcome.status == 125)
      #expect(outcome.error.hasSuffix(" bytes are too many for a file here\n"), "\(outcome.error)")
      #expect(!FileManager.default.fileExists(atPath: scratch.path("out/root/file")))
    }
  }

  /// Deeper than paths can be, and than the host's stack.
  @Test func deepTreesAreLeftOut() throws {
    let scratch = try Scratch()
    let outcome = try export(scratch) { tree in
      tree.nodes[0].entries += [Self.entry("d", 10)]
      for number in UInt64(10)..<50_000 {
        tree.nodes.append(Self.directory(number, [Self.entry("d", number + 1)]))
      }
      tree.nodes.append(Self.directory(50_000, []))
    }
    #expect(outcome.status == 125)
    #expect(outcome.error.hasSuffix(": its path is too long\n"), "\(outcome.error)")
    #expect(outcome.error.utf8.count < 20_000)
  }

  @Test func rightsOfTheOwnerAreKeptOnlyIfAskedFor() throws {
    let scratch = try Scratch()
    let outcome = try export(scratch) {
      $0.nodes[1].attributes.permissions = 0o6755
      var capability = Godwit_State_ExtendedAttribute()
      capability.name = Data("security.capability".utf8)
      capability.value = Data([1, 0, 0, 2] + [UInt8](repeating: 0, count: 16))
      $0.nodes[1].extended = [capability]
    }
    #expect(outcome.status == 0, "\(outcome.error)")
    func mode(_ directory: String) throws -> Int? {
      let path = scratch.path("\(directory)/root/file")
      return try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
    #expect(try mode("out") == 0o755)
    let again = try godwit([
      "export", "--files", "--set-id", scratch.path("hostile"), scratch.path("again"),
    ])
    #expect(again.status == 0, "\(again.error)")
    #expect(try mode("again") == 0o6755)
  }

  @Test func whatIsThereIsNotTouched() throws {
    let scratch = try Scratch()
    _ = try export(scratch) { _ in }
    let again = try godwit(["export", "--files", scratch.path("hostile"), scratch.path("out")])
    #expect(again.status == 125)
    #expect(again.error == "godwit: \(scratch.path("out")): directory not empty\n")
    let file = try godwit(["export", "--files", scratch.path("hostile"), scratch.path("hostile")])
    #expect(file.status == 125)
    #expect(file.error == "godwit: \(scratch.path("hostile")): not a directory\n")
  }
}
