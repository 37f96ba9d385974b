-- Sends GET with keys in rotation. Its arguments: a seed, what stands in front of the key in its header line, and
-- any number of sources "kind,first,count,weight" that requests are drawn from by weight.
-- Key n is n in hexadecimal, filled up with zeros to 64 digits; its SHA-256 scatters all the same.

local head, draw

local kinds = {
  uniform = function(first, count)
    return function() return string.format('%064x', first + math.random(0, count - 1)) end
  end,
  -- Zipf with exponent 1, by the inverse of its continuous distribution.
  zipf = function(first, count)
    local range = math.log(count + 1)
    return function() return string.format('%064x', first + math.floor(math.exp(math.random() * range)) - 1) end
  end,
  -- No two the same, and none that was ever issued: those begin with zeros.
  unknown = function()
    local prefix = string.format('f%015x%016x', math.random(0, 2 ^ 31), os.time())
    local sent = 0
    return function()
      sent = sent + 1
      return prefix .. string.format('%032x', sent)
    end
  end,
  malformed = function(first, count)
    return function() return string.format('not-a-key-%d', first + math.random(0, count - 1)) end
  end,
}

local function read_source(text)
  local kind, first, count, weight = text:match('^(%a+),(%d+),(%d+),(%d+)$')
  return { make = kinds[kind](tonumber(first), tonumber(count)), weight = tonumber(weight) }
end

function init(args)
  math.randomseed(tonumber(args[1]))
  head = 'GET ' .. wrk.path .. ' HTTP/1.1\r\nHost: 127.0.0.1\r\n' .. args[2]
  local sources, total = {}, 0
  for i = 3, #args do
    local source = read_source(args[i])
    total = total + source.weight
    source.below = total
    sources[#sources + 1] = source
  end
  if #sources == 1 then
    draw = sources[1].make
    return
  end
  draw = function()
    local at = math.random() * total
    for _, source in ipairs(sources) do
      if at < source.below then return source.make() end
    end
  end
end

function request()
  return head .. draw() .. '\r\n\r\n'
end

function done(summary)
  local errors = summary.errors
  io.write(string.format('\nRESULT {"requests":%d,"durationMicros":%d,"refused":%d,"broken":%d,"late":%d}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write, errors.timeout))
end
