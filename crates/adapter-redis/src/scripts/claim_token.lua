-- Binds a token to a purpose, once. KEYS: the token. ARGV: purpose, milliseconds to keep it.
-- Answers 0 when it was not bound, 1 when it was to the same, 2 when to another.
local bound = redis.call('GET', KEYS[1])
if not bound then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return 0
end
if bound == ARGV[1] then
  return 1
end
return 2
