-- Keeps what was made and gives the right back, also when the memory is full. KEYS: value, lock.
-- ARGV: value, milliseconds to keep it, who had the right.
local stored = redis.pcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
if redis.call('GET', KEYS[2]) == ARGV[3] then
  redis.call('DEL', KEYS[2])
end
return stored
