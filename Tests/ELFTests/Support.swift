import ELF
import TestSupport

/// Calls `body` and gives the error it throws, or `nil`.
func error(_ image: ELFFile) -> ELFError? { error(image.bytes) }

func error(_ bytes: [UInt8]) -> ELFError? {
  do throws(ELFError) {
    _ = try ELFImage(bytes)
    return nil
  } catch {
    return error
  }
}
