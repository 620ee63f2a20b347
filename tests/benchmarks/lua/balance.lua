-- One member's points, tier and progress a request.
local members, headers = 0, {}

function init(args)
  members = tonumber(args[1])
  headers = { ["Authorization"] = "Bearer " .. args[2] }
  math.randomseed(tonumber(args[3]))
end

function request()
  return wrk.format("GET", "/v1/members/c-" .. math.random(1, members), headers)
end
