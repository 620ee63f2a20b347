-- One earn a request, each under a key of its own.
local members, authorization, run, count = 0, "", "", 0

function init(args)
  members, authorization = tonumber(args[1]), "Bearer " .. args[2]
  math.randomseed(tonumber(args[3]))
  run = args[3] .. "-"
end

function request()
  count = count + 1
  local headers = {
    ["Authorization"] = authorization, ["Content-Type"] = "application/json", ["Idempotency-Key"] = run .. count
  }
  local path = "/v1/members/c-" .. math.random(1, members) .. "/earn"
  return wrk.format("POST", path, headers, '{"points": 10, "note": "Thanks"}')
end
