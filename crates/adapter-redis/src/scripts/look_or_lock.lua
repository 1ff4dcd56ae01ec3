-- The value, or the right to make it. KEYS: value, lock. ARGV: who asks, milliseconds that the right lasts.
-- Answers {1, value}, {2} for the right, {3} when somebody else has it.
local value = redis.call('GET', KEYS[1])
if value then
  return {1, value}
end
if redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return {2}
end
if redis.call('GET', KEYS[2]) == ARGV[1] then
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
  return {2}
end
return {3}
