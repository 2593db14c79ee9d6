# Shows: ruby: threads, fibers, processes, regular expressions, JSON, big numbers and garbage collection
# Every: 2000
# Limit: 240
cat >main.rb <<'RUBY'
require 'json'
require 'digest'
require 'socket'
words = (1..5000).map { |i| (i * 7919 % 10007).to_s(36) }
puts words.group_by(&:size).transform_values(&:count).sort.to_h.to_json
puts (1..200).inject(:*).to_s.size
queue = Queue.new
threads = 4.times.map { |n| Thread.new { 50.times { |i| queue << n * i } } }
threads.each(&:join)
puts queue.size
puts Fiber.new { 3.times { |i| Fiber.yield i }; :done }.then { |f| 4.times.map { f.resume } }.inspect
reader, writer = IO.pipe
fork { reader.close; writer.puts Digest::SHA256.hexdigest(words.join); exit! 3 }
writer.close
puts reader.read
Process.wait
puts $?.exitstatus
server = TCPServer.new('127.0.0.1', 0)
Thread.new { s = server.accept; s.puts s.gets.reverse; s.close }
client = TCPSocket.new('127.0.0.1', server.addr[1])
client.write "godwit\n"
puts client.read.strip
100.times { Array.new(5000) { |i| "x" * (i % 50) } }
GC.start
puts 'a1b22c333'.scan(/[a-z](\d+)/).flatten.map(&:to_i).sum
begin; raise ArgumentError, 'caught'; rescue => e; puts e.message; end
RUBY
ruby main.rb
