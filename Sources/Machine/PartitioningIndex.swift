extension RandomAccessCollection {
  /// The first position whose element belongs to the second part; `endIndex` if none does. All elements of the
  /// second part must follow those of the first.
  @inlinable package func partitioningIndex(
    where isInSecondPart: (Element) -> Bool
  ) -> Index {
    var low = startIndex
    var count = count
    while count > 0 {
      let half = count / 2
      let middle = index(low, offsetBy: half)
      if isInSecondPart(self[middle]) {
        count = half
      } else {
        low = index(after: middle)
        count -= half + 1
      }
    }
    return low
  }
}
