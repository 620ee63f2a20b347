-- 500 earns a request, each line under a key of its own; a line that was not posted counts as an error.
local members, authorization, run, count = 0, "", "", 0
local LINES = 500

function init(args)
  members, authorization = tonumber(args[1]), "Bearer " .. args[2]
  math.randomseed(tonumber(args[3]))
  run = args[3] .. "-"
end

function request()
  local lines = {}
  for line = 1, LINES do
    count = count + 1
    lines[line] = string.format(
      '{"key": "%s%d", "customer_id": "c-%d", "points": 10, "note": "Thanks"}', run, count, math.random(1, members))
  end
  local headers = { ["Authorization"] = authorization, ["Content-Type"] = "application/x-ndjson" }
  return wrk.format("POST", "/v1/earns", headers, table.concat(lines, "\n"))
end

function response(status, headers, body)
  local _, posted = string.gsub(body, '"status":"posted"', "")
  if status == 200 and posted ~= LINES then
    io.stderr:write("not all lines were posted: " .. string.sub(body, 1, 300) .. "\n")
    os.exit(1)
  end
end
