import HostABI
package import LibOSState
import LinuxABI
import Snapshot

// Files that are opened again by the name they were opened by.

extension OpenFile {
  fileprivate func named(_ saver: StateSaver) -> Godwit_State_NamedFile {
    var state = Godwit_State_NamedFile()
    if let dentry { state.dentry = saver.id(of: dentry) }
    return state
  }
}

extension LayeredFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    saver.hold(bytes)
    return .named(named(saver))
  }
}

extension PathFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    .named(named(saver))
  }

  package var obstacle: String? {
    dentry?.inode is OpenFileInode ? "a pipe or the like opened with O_PATH has no name" : nil
  }
}

extension ProcessFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    .named(named(saver))
  }
}

extension DeviceFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    .named(named(saver))
  }
}

extension DirectoryFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var state = named(saver)
    if let notice {
      state.notify = notice.events.rawValue
      state.notifyDescriptor = notice.descriptor
    }
    if let listing {
      state.listed = true
      for entry in listing {
        var item = Godwit_State_Entry()
        item.name = data(entry.name)
        item.number = entry.number
        item.type = UInt32(entry.type.rawValue)
        state.listing.append(item)
      }
    }
    return .named(state)
  }
}

extension TextFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var state = Godwit_State_TextFile()
    if let dentry { state.dentry = saver.id(of: dentry) }
    if let text, offset > 0 { state.text = data(text) }
    return .text(state)
  }
}

extension HostStreamFile: PersistentFile {
  package func save(_ saver: StateSaver) -> Godwit_State_OpenFile.OneOf_Kind {
    var state = Godwit_State_StandardStream()
    state.uri = uri.description
    if let dentry { state.dentry = saver.id(of: dentry) } else { state.number = number }
    if isSeekable, isReadable, !isWritable, let position = try? position() {
      state.position = position
    }
    return .stream(state)
  }

  /// What the guest writes goes to whatever the new host process has there. What it has yet to read can't
  /// be had again, unless it is a file or comes from a terminal, or is relayed.
  package var obstacle: String? {
    switch kind {
    case .file, .terminal: nil
    case .pipe where !isReadable || vfs.streams.areRelayed && uri.scheme == .stdio: nil
    case .pipe: "what is still to come from a pipe or socket of the host can't be had elsewhere"
    case .other: "it is neither a file nor a terminal"
    }
  }
}
