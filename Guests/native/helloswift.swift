// `hello` in Embedded Swift: no runtime but what the compiler brings, no system but the host ABI.

@_cdecl("main")
func main(_ count: Int32, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Int32
{
  put("hello")
  for index in 1..<Int(max(count, 1)) {
    put(" ")
    put(arguments[index])
  }
  put("\n")
  return 0
}
