-- Lua's numbers: integers and floats, their texts, remainders, bits and the mathematics of its library.
for _, x in ipairs {0.1, -7.25, 1e15, 1e16, 2^53, 2^63, -2^63, 1e308, 5e-324, 3.0, 1/3} do
  print(x, x // 1, x % 0.7, -x % 3, math.tointeger(x), string.format("%.14g %a %q", x, x, x), x == math.floor(x))
end
for i = -3, 3 do print(i // 2, i % 2, i / 2, i << 3, i >> 60, i ~ 5, 7 // (i * 1.0 + 0.5), (i + 0.25) // 0.5) end
print(1/0, -1/0, 0/0 ~= 0/0, math.huge // 1, 5 % math.huge, -5 % math.huge, math.maxinteger + 1.0, math.maxinteger * 2)
local s = 0
for i = 1, 200 do s = s + math.sin(i) * math.sqrt(i) / math.log(i + 1) + math.exp(-i / 50) + i ^ 0.3 + math.fmod(i * 1.7, 0.9) end
print(string.format("%.12f %.10e", s, s), math.ult(1, -1), tostring(1e100), tonumber("0x1.8p3"), tonumber("1e-7"), 0x7fffffffffffffff + 1)
print(string.pack("<d", math.pi):byte(1, 8))
