-- One review a request, each with an id of its own.
local authorization, run, count = "", "", 0

function init(args)
  authorization, run = "Bearer " .. args[2], args[3] .. "-"
end

function request()
  count = count + 1
  local headers = {
    ["Authorization"] = authorization, ["Content-Type"] = "application/json", ["Idempotency-Key"] = run .. count
  }
  local body = '{"source": "own_shop", "external_id": "' .. run .. count .. '", "written_at": "2026-01-05T10:00:00Z", '
    .. '"rating": 4, "title": "Good", "product_sku": "sku-' .. count % 5000 .. '", "author": "A customer", '
    .. '"body": "The parcel came on time and well packed, but the case feels cheap. Number ' .. count .. '."}'
  return wrk.format("POST", "/v1/reviews", headers, body)
end
