# Objects and blocks, hashes, strings, big numbers.
Item = Struct.new(:key, :value)
items = (1..20_000).map { |n| Item.new("key#{n * 7919 % 1009}", n) }
groups = items.group_by(&:key).transform_values { |group| group.sum(&:value) }
puts groups.size, groups.max_by { |key, sum| [sum, key] }.inspect
puts items.sort_by { |item| [item.key, -item.value] }[10_000].inspect

def fibonacci(n) = n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2)
puts fibonacci(20)

words = items.map { |item| "#{item.key.capitalize}:#{item.value}" }.join(" ")
puts words.scan(/Key(\d+):(\d+)/).sum { |key, value| key.to_i ^ value.to_i }
puts (1..500).inject(:*).to_s.each_char.sum(&:to_i)
