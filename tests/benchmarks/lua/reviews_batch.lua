-- A hundred reviews a request, each with an id of its own.
local BATCH = 100
local authorization, run, count = "", "", 0

function init(args)
  authorization, run = "Bearer " .. args[2], args[3] .. "-b"
end

function request()
  count = count + 1
  local headers = {
    ["Authorization"] = authorization, ["Content-Type"] = "application/json", ["Idempotency-Key"] = run .. count
  }
  local reviews = {}
  for n = 1, BATCH do
    local id = run .. count .. "-" .. n
    reviews[n] = '{"source": "own_shop", "external_id": "' .. id .. '", "written_at": "2026-01-05T10:00:00Z", '
      .. '"rating": 4, "title": "Good", "product_sku": "sku-' .. (count * BATCH + n) % 5000 .. '", '
      .. '"author": "A customer", '
      .. '"body": "The parcel came on time and well packed, but the case feels cheap. Number ' .. id .. '."}'
  end
  return wrk.format("POST", "/v1/reviews", headers, "[" .. table.concat(reviews, ",") .. "]")
end
