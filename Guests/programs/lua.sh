# Shows: lua: closures, coroutines, string matching, popen
lua5.4 -e '
local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i * i) end end)
print(co(), co(), co())
local t = {} for w in ("one two three"):gmatch("%a+") do t[#t + 1] = w:upper() end
print(table.concat(t, "-"), #t, 2^53 | 0, 7 // 2)
local p = io.popen("seq 5 | paste -sd+"); print(p:read("a")); p:close()
local s = 0 for i = 1, 2000000 do s = s + i % 3 end print(s)'
