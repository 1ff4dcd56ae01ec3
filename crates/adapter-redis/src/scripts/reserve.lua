-- Charges an amount to a day if it fits in. KEYS: the day. ARGV: amount, limit, reservation, milliseconds to keep the day,
-- the most reservations that may be open. Answers {1 or 0, spent}.
local spent = tonumber(redis.call('HGET', KEYS[1], 'spent') or '0')
local amount = tonumber(ARGV[1])
if spent + amount > tonumber(ARGV[2]) then
  return {0, spent}
end
-- Beyond the bound a reservation is charged and can never be settled.
if redis.call('HLEN', KEYS[1]) <= tonumber(ARGV[5]) then
  redis.call('HSET', KEYS[1], ARGV[3], ARGV[1])
end
spent = redis.call('HINCRBY', KEYS[1], 'spent', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {1, spent}
