-- Asks Latchkey about each request: `http-request lua.latchkey`. Goes on with the identity headers and
-- `txn.latchkey_accepted` set, or answers as Latchkey has.
-- Latchkey's URL for it is in the environment, with an IP address, since nothing resolves names here.
local url = os.getenv("LATCHKEY_URL")

-- More than the backend's, which answers then: after a timeout here HAProxy would ask thrice again.
local timeout_ms = 5000

local identity_headers = {
    "x-auth-tenant-id", "x-auth-environment-id", "x-auth-user-id", "x-auth-key-id", "x-auth-permissions",
    "x-auth-context",
}

-- The part of the client's request that Latchkey gets, with every copy of a repeated header.
local passed_headers = { "x-api-key", "authorization", "x-environment-id" }

-- The headers of a refusal that the client gets.
local answered_headers = { "content-type", "www-authenticate", "retry-after", "x-request-id", "cache-control" }

local refusals = { [401] = true, [403] = true, [429] = true }

local unavailable =
    '{"success":false,"error":{"message":"Authentication temporarily unavailable","internal_error":"service_unavailable"}}'

-- HAProxy counts the copies of a header from 0, its HTTP client from 1.
local function copies(values)
    local list = {}
    for i = 0, #values do list[i + 1] = values[i] end
    return list
end

local function question(txn)
    local headers = txn.http:req_get_headers()
    local asked = {
        ["host"] = { "latchkey" },
        ["x-forwarded-for"] = { txn.f:src() },
        ["x-forwarded-proto"] = { txn.f:ssl_fc() == 1 and "https" or "http" },
        ["x-forwarded-host"] = { txn.f:req_fhdr("host") or "" },
        ["x-forwarded-method"] = { txn.f:method() },
        ["x-forwarded-uri"] = { txn.f:pathq() },
    }
    for _, name in ipairs(passed_headers) do
        if headers[name] then asked[name] = copies(headers[name]) end
    end
    return asked
end

local function refuse(txn, answer)
    if not refusals[answer.status] then
        txn:done(txn:reply{
            status = 503,
            headers = { ["content-type"] = { "application/json" }, ["retry-after"] = { "1" } },
            body = unavailable,
        })
    end
    local reply = txn:reply{ status = answer.status, body = answer.body }
    for _, name in ipairs(answered_headers) do
        if answer.headers[name] then reply:add_header(name, answer.headers[name][0]) end
    end
    txn:done(reply)
end

local function decide(txn)
    local answer = core.httpclient():get{
        url = url,
        headers = question(txn),
        timeout = timeout_ms,
    }
    if answer.status ~= 200 then return refuse(txn, answer) end
    for _, name in ipairs(identity_headers) do
        txn.http:req_set_header(name, answer.headers[name] and answer.headers[name][0] or "")
    end
    txn:set_var("txn.latchkey_accepted", true)
end

core.register_action("latchkey", { "http-req" }, decide)
