import CUnicorn
package import Machine

/// The registers of a thread that is not loaded.
final class UnicornContext: EngineContext {
  let saved: SavedRegisters
  /// The engine that the context belongs to.
  let owner: UnicornEngine

  init(_ owner: UnicornEngine) {
    self.owner = owner
    saved = SavedRegisters(owner.emulator)
  }
}

/// A processor's state as Unicorn keeps it: host pointers included, so only for this process.
@safe final class SavedRegisters {
  private let emulator: Emulator
  private let context: OpaquePointer

  init(_ emulator: Emulator) {
    // SAFETY: allocated here, freed in deinit, used with this instance only.
    var allocated: OpaquePointer?
    let error = unsafe uc_context_alloc(emulator.handle, &allocated)
    guard error == UC_ERR_OK, let context = unsafe allocated else {
      fatalError("no memory for a thread's registers")
    }
    self.emulator = emulator
    unsafe self.context = context
  }

  deinit { _ = unsafe uc_context_free(context) }

  func save() {
    // SAFETY: as in init.
    let error = unsafe uc_context_save(emulator.handle, context)
    precondition(error == UC_ERR_OK)
  }

  /// Loads what `save` left.
  func restore() {
    // SAFETY: as in init.
    let error = unsafe uc_context_restore(emulator.handle, context)
    precondition(error == UC_ERR_OK)
  }
}

extension UnicornEngine {
  package func makeContext() -> any EngineContext { UnicornContext(self) }

  package func save(to context: any EngineContext) { own(context).save() }

  package func restore(from context: any EngineContext) {
    own(context).restore()
    forgetProgramCounter()
  }

  private func own(_ context: any EngineContext) -> SavedRegisters {
    guard let context = context as? UnicornContext, context.owner === self else {
      preconditionFailure("a context of another engine")
    }
    return context.saved
  }
}
