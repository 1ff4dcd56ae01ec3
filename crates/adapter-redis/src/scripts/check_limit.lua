-- One request against a quota: the arithmetic of domain::rate_limit, in whole numbers that a double holds exactly.
-- KEYS: the bucket. ARGV: limit, period in microseconds. Answers {1 or 0, level}.
-- The time is the server's, so that the clocks of replicas do not matter.
local limit, period = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local level = 0
local bucket = redis.call('GET', KEYS[1])
if bucket then
  local held, at = string.match(bucket, '^(%d+) (%d+)$')
  if held then
    local elapsed = math.min(math.max(now - tonumber(at), 0), period)
    level = math.max(tonumber(held) - elapsed * limit, 0)
  end
end
if level + period > limit * period then
  return {0, level}
end
level = level + period
-- A bucket that is full again is forgotten.
local keep = math.ceil(level / limit / 1000) + 1
redis.call('SET', KEYS[1], string.format('%.0f %.0f', level, now), 'PX', string.format('%.0f', keep))
return {1, level}
