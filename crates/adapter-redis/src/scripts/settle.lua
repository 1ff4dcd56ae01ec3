-- Replaces a reserved amount by the actual one, once. KEYS: the day. ARGV: reservation, actual amount.
-- Answers 1, or 0 when there is no such open reservation.
local reserved = redis.call('HGET', KEYS[1], ARGV[1])
if not reserved then
  return 0
end
redis.call('HINCRBY', KEYS[1], 'spent', string.format('%.0f', tonumber(ARGV[2]) - tonumber(reserved)))
redis.call('HDEL', KEYS[1], ARGV[1])
return 1
