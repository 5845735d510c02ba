-- SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
--
-- A dissector of 6bed4 for Wireshark and tshark (4.0 or newer): finds tunnel datagrams on any port, reads
-- IPv4:port out of inner addresses and link-layer addresses, says what each datagram is and which way it
-- goes, compares inner with outer source, and leaves the inner packet to the IPv6 dissector. Load it by
-- `-X lua_script:6bed4.lua`; docs/tracing.md explains fields and preferences.
--
-- Must not know a link layer, nor rely on anything in a datagram being true. Arithmetic instead of bit
-- operations, which are not the same in Lua 5.2 and 5.4. Proved by selftests/net/test_dissect.sh.

local NAME = "6bed4"
local IP6_LEN = 40
local ICMP6 = 58
local LEARN_MAX = 4096 -- prefixes, and endpoints: a hostile capture must not eat the memory
local MERGED_MAX = 64 -- datagrams that the kernel merges into one (UDP_GRO_CNT_MAX)
local EXT_MAX = 8 -- extension headers looked behind
local OPT_MAX = 16 -- Neighbour Discovery options looked at
local NEST_MAX = 8 -- tunnels in tunnels: each takes of Lua's 200 nested C calls
local LOST_MAX = 32 -- calls that have not come back: likewise

local p = Proto(NAME, "6bed4: IPv6 in UDP over IPv4")

local f = {
	class = ProtoField.string(NAME .. ".class", "Class"),
	path = ProtoField.string(NAME .. ".path", "Path"),
	sender = ProtoField.string(NAME .. ".sender", "Sender"),
	src_ip = ProtoField.ipv4(NAME .. ".src.ip", "Source endpoint"),
	src_port = ProtoField.uint16(NAME .. ".src.port", "Source endpoint port"),
	dst_ip = ProtoField.ipv4(NAME .. ".dst.ip", "Destination endpoint"),
	dst_port = ProtoField.uint16(NAME .. ".dst.port", "Destination endpoint port"),
	ip = ProtoField.ipv4(NAME .. ".ip", "Source or destination endpoint"),
	port = ProtoField.uint16(NAME .. ".port", "Source or destination endpoint port"),
	remote_ip = ProtoField.ipv4(NAME .. ".remote.ip", "Remote address"),
	remote_port = ProtoField.uint16(NAME .. ".remote.port", "Remote port"),
	target_ip = ProtoField.ipv4(NAME .. ".target.ip", "Target endpoint"),
	target_port = ProtoField.uint16(NAME .. ".target.port", "Target endpoint port"),
	lladdr_ip = ProtoField.ipv4(NAME .. ".lladdr.ip", "Link-layer address"),
	lladdr_port = ProtoField.uint16(NAME .. ".lladdr.port", "Link-layer address port"),
	prefix = ProtoField.ipv6(NAME .. ".prefix", "Advertised prefix"),
	assigned = ProtoField.ipv6(NAME .. ".assigned", "Assigned address"),
	merged = ProtoField.uint16(NAME .. ".merged", "Merged packets"),
	trailing = ProtoField.uint16(NAME .. ".trailing", "Bytes behind the packet"),
	quoted = ProtoField.bool(NAME .. ".quoted", "Quoted by an ICMP error"),
}
p.fields = f

local function expert_of(name, text, group, severity)
	return ProtoExpert.new(NAME .. "." .. name, text, group, severity)
end
local e = {
	mismatch = expert_of("mismatch", "Inner source is not the outer source",
		expert.group.SECURITY, expert.severity.WARN),
	misdirected = expert_of("misdirected", "Inner destination is not the outer destination",
		expert.group.PROTOCOL, expert.severity.WARN),
	relayed = expert_of("relayed", "Passed on by the router", expert.group.COMMENTS_GROUP, expert.severity.CHAT),
	odd = expert_of("odd_port", "An odd port, or 0, is no endpoint", expert.group.PROTOCOL, expert.severity.WARN),
	special = expert_of("special", "A special-purpose address, refused unless it is permitted",
		expert.group.PROTOCOL, expert.severity.NOTE),
	malformed = expert_of("malformed", "Neither empty nor an IPv6 packet", expert.group.MALFORMED,
		expert.severity.ERROR),
	truncated = expert_of("truncated", "The capture holds a part of the datagram only",
		expert.group.UNDECODED, expert.severity.NOTE),
	nd_invalid = expert_of("nd_invalid", "Neighbour Discovery that receivers drop", expert.group.PROTOCOL,
		expert.severity.WARN),
	nd_hidden = expert_of("nd_hidden", "Neighbour Discovery behind an extension header",
		expert.group.SECURITY, expert.severity.WARN),
	behind = expert_of("behind", "Bytes behind the packet, which a receiver cuts off", expert.group.PROTOCOL,
		expert.severity.NOTE),
	several = expert_of("several", "Several packets: merged where this was captured (GRO)",
		expert.group.COMMENTS_GROUP, expert.severity.CHAT),
}
p.experts = e

p.prefs.ports = Pref.range("UDP ports of routers", "25788", "Datagrams from and to these ports are 6bed4", 65535)
p.prefs.routers = Pref.string("IPv4 addresses of routers", "",
	"Separated by commas. None: whoever uses a router's port is a router")
p.prefs.here = Pref.string("IPv4 address of this side", "",
	"The remote endpoint is then always the other one. None: a router's peer is the remote one, and of two peers both are")
p.prefs.prefixes = Pref.string("Prefixes", "2001:67c:127c::/64",
	"IPv6 prefixes that are known to be 6bed4, separated by commas. Others are learned from the capture")
p.prefs.strict = Pref.bool("Captured outside of any NAT", false,
	"A private outer address is then no excuse for an inner address that differs from it")

local ipv6 = Dissector.get("ipv6")
local data = Dissector.get("data")
local udp_ports = DissectorTable.get("udp.port")

-- --- preferences ------------------------------------------------------------------------------------

local conf = { ports = {}, routers = {}, prefixes = {} }

local function ip4_number(text)
	local a, b, c, d = text:match("^%s*(%d+)%.(%d+)%.(%d+)%.(%d+)%s*$")
	a, b, c, d = tonumber(a), tonumber(b), tonumber(c), tonumber(d)
	if not a or a > 255 or b > 255 or c > 255 or d > 255 then
		return nil
	end
	return ((a * 256 + b) * 256 + c) * 256 + d
end

local function ip4_text(n)
	return string.format("%d.%d.%d.%d", math.floor(n / 16777216), math.floor(n / 65536) % 256,
		math.floor(n / 256) % 256, n % 256)
end

-- The 8 bytes of a /64 as it is written, or nil. The last group counts as the fourth.
local function prefix_bytes(text)
	local words = text:match("^%s*([%x:]+)/64%s*$")
	local out = {}

	if not words then
		return nil
	end
	for word in words:gsub("::.*$", ""):gmatch("[^:]+") do
		local n = tonumber(word, 16)
		if #out == 8 or n > 65535 then
			return nil
		end
		out[#out + 1] = string.char(math.floor(n / 256))
		out[#out + 1] = string.char(n % 256)
	end
	return table.concat(out) .. string.rep("\0", 8 - #out)
end

local function port_ranges(text)
	local out = {}
	for word in tostring(text):gmatch("[^,]+") do
		local low, high = word:match("^%s*(%d+)%s*%-?%s*(%d*)%s*$")
		if low then
			out[#out + 1] = { tonumber(low), tonumber(high) or tonumber(low) }
		end
	end
	return out
end

local function read_conf()
	conf = { ports = port_ranges(p.prefs.ports), routers = {}, prefixes = {}, here = ip4_number(p.prefs.here) }
	for word in p.prefs.routers:gmatch("[^,]+") do
		local n = ip4_number(word)
		if n then
			conf.routers[n] = true
			conf.some_routers = true
		end
	end
	for word in p.prefs.prefixes:gmatch("[^,]+") do
		local bytes = prefix_bytes(word)
		if bytes then
			conf.prefixes[bytes] = true
		end
	end
end

-- --- what the capture has taught ----------------------------------------------------------------------

-- By prefix, and by endpoint: the frame from which on it is known, so that every pass over the capture sees
-- the same.
local learned

local function forget()
	learned = { prefixes = {}, endpoints = {}, count = { prefixes = 0, endpoints = 0 } }
end
forget()

local function learn(kind, key, pinfo)
	local at = learned[kind][key]

	if pinfo.in_error_pkt or (at and at <= pinfo.number) then
		return
	end
	if not at then
		if learned.count[kind] >= LEARN_MAX then
			return
		end
		learned.count[kind] = learned.count[kind] + 1
	end
	learned[kind][key] = pinfo.number
end

local function knows(kind, key, pinfo)
	local at = learned[kind][key]
	return at ~= nil and at <= pinfo.number
end

-- --- endpoints ------------------------------------------------------------------------------------------

local LOWEST, HIGHEST = Address.ip("0.0.0.0"), Address.ip("255.255.255.255")

-- The IPv4 address as a number, or nil when it is of another kind. Its text may be a host's name; then it is
-- found by comparing.
local function ip4_of(addr)
	local n = ip4_number(tostring(addr))
	local low, high = 0, 4294967295

	if addr < LOWEST or HIGHEST < addr then
		return nil
	end
	if n and Address.ip(ip4_text(n)) == addr then
		return n
	end
	while low < high do
		local mid = math.floor((low + high) / 2)
		if Address.ip(ip4_text(mid)) < addr then
			low = mid + 1
		else
			high = mid
		end
	end
	return low
end

local function same(a, b)
	return a and b and a.ip == b.ip and a.port == b.port
end

local function key_of(ep)
	return ep.ip * 65536 + ep.port
end

local function ep_text(ep)
	return ip4_text(ep.ip) .. ":" .. string.format("%d", ep.port)
end

local function within(n, net, len)
	local size = 2 ^ (32 - len)
	return math.floor(n / size) == math.floor(ip4_number(net) / size)
end

local function within_any(n, nets)
	for _, net in ipairs(nets) do
		if within(n, net[1], net[2]) then
			return true
		end
	end
	return false
end

-- Behind which a NAT may change addresses.
local PRIVATE = { { "10.0.0.0", 8 }, { "100.64.0.0", 10 }, { "169.254.0.0", 16 }, { "172.16.0.0", 12 },
	{ "192.168.0.0", 16 } }
local SPECIAL = { { "0.0.0.0", 8 }, { "127.0.0.0", 8 }, { "192.0.0.0", 24 }, { "192.0.2.0", 24 },
	{ "192.88.99.0", 24 }, { "198.18.0.0", 15 }, { "198.51.100.0", 24 }, { "203.0.113.0", 24 },
	{ "224.0.0.0", 3 } }

local function private(n)
	return within_any(n, PRIVATE)
end

local function special(n)
	return private(n) or within_any(n, SPECIAL)
end

local function multicast4(n)
	return within(n, "224.0.0.0", 4)
end

local function router_port(port)
	for _, r in ipairs(conf.ports) do
		if port >= r[1] and port <= r[2] then
			return true
		end
	end
	return false
end

local function is_router(ep)
	return router_port(ep.port) and not multicast4(ep.ip) and (not conf.some_routers or conf.routers[ep.ip] or false)
end

-- The outer endpoints, or nil when they are not IPv4.
local function outer_of(pinfo)
	local src, dst = ip4_of(pinfo.net_src), ip4_of(pinfo.net_dst)

	if not src or not dst then
		return nil
	end
	return { src = { ip = src, port = pinfo.src_port }, dst = { ip = dst, port = pinfo.dst_port } }
end

-- An inner address whose 16 bytes begin at `at`: its prefix, whether that is a 6bed4 one, and the endpoint, if
-- the interface identifier has the form of one; its port may be odd or 0.
local function inner_of(tvb, at, pinfo)
	local prefix = tvb:raw(at, 8)
	local b = { tvb:raw(at + 8, 8):byte(1, 8) }
	local a = { at = at, prefix = prefix }

	a.linklocal = prefix == "\254\128\0\0\0\0\0\0"
	a.known = a.linklocal or conf.prefixes[prefix] or knows("prefixes", prefix, pinfo)
	a.none = tvb:raw(at, 16) == string.rep("\0", 16)
	a.multicast = prefix:byte(1) == 255
	if b[4] == 255 and b[5] == 254 and not a.multicast then
		local low = b[1] % 4 >= 2 and b[1] - 2 or b[1] + 2
		a.ep = { ip = ((b[3] * 256 + b[6]) * 256 + b[7]) * 256 + b[8], port = b[2] * 256 + low }
	end
	return a
end

-- --- what a packet is --------------------------------------------------------------------------------------

local EXTENSION = { [0] = true, [43] = true, [44] = true, [51] = true, [60] = true, [135] = true, [139] = true }
local ND = { [133] = "rs", [134] = "ra", [135] = "ns", [136] = "na", [137] = "redirect" }
local ND_FIXED = { rs = 8, ra = 16, ns = 24, na = 24, redirect = 40 }
local ND_TEXT = { rs = "Router Solicitation", ra = "Router Advertisement", ns = "Neighbour Solicitation",
	na = "Neighbour Advertisement", redirect = "Redirect" }

local function u8(tvb, at)
	return tvb(at, 1):uint()
end

local function u16(tvb, at)
	return tvb(at, 2):uint()
end

-- Upper protocol of the packet at `at`, where it begins, and whether that is behind extension headers. Nil when
-- it begins beyond `stop`, or in another fragment.
local function upper_of(tvb, at, stop)
	local proto, pos = u8(tvb, at + 6), at + IP6_LEN
	local behind = false

	for _ = 1, EXT_MAX do
		if not EXTENSION[proto] then
			return proto, pos, behind
		end
		if pos + 8 > stop then
			return nil
		end
		local len = 8
		if proto == 44 then
			if u16(tvb, pos + 2) >= 8 then
				return nil
			end
		elseif proto == 51 then
			len = (u8(tvb, pos + 1) + 2) * 4
		else
			len = (u8(tvb, pos + 1) + 1) * 8
		end
		proto, pos, behind = u8(tvb, pos), pos + len, true
	end
	return nil
end

-- Class of the packet at `at`, of which there may be a part only, and where its IPv6 payload ends, as far as that
-- is captured; and how long it is.
local function class_of(tvb, at, part)
	local have, said = tvb:len(), tvb:reported_len()
	local length

	if said == at then
		return "keepalive"
	end
	if have == at then
		return "truncated"
	end
	if math.floor(u8(tvb, at) / 16) ~= 6 then
		return "malformed"
	end
	if said < at + IP6_LEN and not part then
		return "malformed"
	end
	if have < at + IP6_LEN then
		return "truncated"
	end
	length = IP6_LEN + u16(tvb, at + 4)
	if at + length > said and not part then
		return "malformed"
	end
	local stop = math.min(have, at + length)
	local proto, pos, behind = upper_of(tvb, at, stop)
	if proto == ICMP6 and pos >= stop and stop < at + length then
		return "truncated", stop, length
	end
	if proto == ICMP6 and pos < stop and ND[u8(tvb, pos)] then
		return behind and "nd-hidden" or ND[u8(tvb, pos)], stop, length
	end
	if u8(tvb, at + 24) == 255 then
		return "multicast", stop, length
	end
	return "data", stop, length
end

-- Both ends of a LAN behind one NAT: the same public address inside, neither endpoint of which is used outside.
local function is_lan(d, src, dst)
	if multicast4(d.outer.dst.ip) then
		return true
	end
	return src and src.ep and dst.ep and src.ep.ip == dst.ep.ip and private(d.outer.src.ip) and
		private(d.outer.dst.ip) and not same(src.ep, d.outer.src) and not same(dst.ep, d.outer.dst)
end

local function path_of(d, src, dst)
	if is_router(d.outer.src) then
		return "from-router"
	elseif is_router(d.outer.dst) then
		return "to-router"
	end
	return is_lan(d, src, dst) and "lan" or "direct"
end

-- The far end of what a router passes on: is it the router's own address, a peer's, or native?
local function far_end(a, here)
	if a.ep and (same(a.ep, here) or (a.known and is_router(a.ep))) then
		return "data-router"
	end
	if a.linklocal then
		return "data-router"
	end
	return a.known and "data-relay" or "data-native"
end

local function data_class(d, path, src, dst)
	if path == "to-router" then
		return far_end(dst, d.outer.dst)
	elseif path == "from-router" then
		return far_end(src, d.outer.src)
	end
	return path == "lan" and "data-lan" or "data-direct"
end

-- May a NAT between here and there explain that `outer` is not what the address says?
local function natted(outer, a)
	return a.ep and not p.prefs.strict and private(outer.ip) and not private(a.ep.ip)
end

local function sender_of(d, path, class, src)
	if same(src.ep, d.outer.src) then
		return "valid"
	elseif class == "rs" then
		return "unchecked"
	elseif path == "from-router" then
		return "router"
	elseif path == "lan" then
		return "lan"
	elseif natted(d.outer.src, src) then
		return "nat"
	end
	return src.ep and src.known and "mismatch" or "foreign"
end

local function learn_from(d, path, src, dst, pinfo)
	local function take(a)
		if not a.linklocal and not a.none and not a.multicast then
			learn("prefixes", a.prefix, pinfo)
			a.known = true
		end
	end
	if src.ep and same(src.ep, d.outer.src) then
		take(src)
	end
	-- Whatever a router sends is for a 6bed4 address.
	if dst.ep and (same(dst.ep, d.outer.dst) or path == "from-router") then
		take(dst)
	end
	src.known = src.known or src.prefix == dst.prefix and dst.known
	dst.known = dst.known or src.prefix == dst.prefix and src.known
	if path == "from-router" then
		learn("endpoints", key_of(d.outer.dst), pinfo)
	elseif path == "to-router" then
		learn("endpoints", key_of(d.outer.src), pinfo)
	end
end

-- --- the tree -------------------------------------------------------------------------------------------------

local function show(tree, field, range, value)
	if range then
		return tree:add(field, range, value)
	end
	return tree:add(field, value):set_generated()
end

local function show_hidden(tree, field, range, value)
	tree:add(field, range, value):set_hidden()
end

-- An endpoint in `range` as two fields, with what there is to say about it.
local function show_ep(tree, ip, port, range, ep)
	local item = show(tree, ip, range, Address.ip(ip4_text(ep.ip)))

	if special(ep.ip) then
		item:add_proto_expert_info(e.special, "Special-purpose address: " .. ip4_text(ep.ip) ..
			" is no endpoint unless it is permitted")
	end
	item = show(tree, port, range, ep.port)
	if ep.port == 0 or ep.port % 2 == 1 then
		item:add_proto_expert_info(e.odd)
	end
end

local function show_inner(tree, tvb, a, ip, port)
	if not a.ep or not a.known then
		return
	end
	local range = tvb(a.at + 8, 8)
	show_ep(tree, ip, port, range, a.ep)
	show_hidden(tree, f.ip, range, Address.ip(ip4_text(a.ep.ip)))
	show_hidden(tree, f.port, range, a.ep.port)
end

local function show_remote(tree, ep)
	show(tree, f.remote_ip, nil, Address.ip(ip4_text(ep.ip)))
	show(tree, f.remote_port, nil, ep.port)
end

-- Who is remote: not this side, else not the router, else either.
local function show_remotes(tree, d)
	local src, dst = d.outer.src, d.outer.dst

	if conf.here and conf.here == src.ip then
		show_remote(tree, dst)
	elseif conf.here and conf.here == dst.ip then
		show_remote(tree, src)
	elseif is_router(src) then
		show_remote(tree, dst)
	elseif is_router(dst) then
		show_remote(tree, src)
	else
		show_remote(tree, src)
		if not multicast4(dst.ip) then
			show_remote(tree, dst)
		end
	end
end

-- A Prefix Information option: the prefix, and what the receiver's address becomes by it.
local function show_prefix(tree, tvb, pos, path, dst, pinfo)
	local prefix = tvb:raw(pos + 16, 8)

	tree:add(f.prefix, tvb(pos + 16, 16))
	if u8(tvb, pos + 2) ~= 64 or path ~= "from-router" or not dst.ep then
		return
	end
	learn("prefixes", prefix, pinfo)
	local words = {}
	for i = 1, 8 do
		local from = i <= 4 and prefix:sub(2 * i - 1, 2 * i) or tvb:raw(dst.at + 2 * i - 2, 2)
		words[i] = string.format("%x", from:byte(1) * 256 + from:byte(2))
	end
	show(tree, f.assigned, tvb(dst.at + 8, 8), Address.ipv6(table.concat(words, ":"))):set_generated()
end

local function show_lladdr(tree, tvb, pos)
	local b = { tvb:raw(pos + 2, 6):byte(1, 6) }
	local ep = { ip = ((b[3] * 256 + b[4]) * 256 + b[5]) * 256 + b[6], port = b[2] * 256 + b[1] }

	-- What every peer's first solicitation holds, which has no address yet.
	if ep.ip == 1 and ep.port == 0 then
		return
	end
	show_ep(tree, f.lladdr_ip, f.lladdr_port, tvb(pos + 2, 6), ep)
end

-- Options from `pos` to `stop`; returns what is wrong with them, or nil.
local function show_options(tree, tvb, pos, stop, class, path, dst, pinfo)
	for _ = 1, OPT_MAX do
		if pos == stop then
			return nil
		end
		if pos + 8 > stop or u8(tvb, pos + 1) == 0 or pos + u8(tvb, pos + 1) * 8 > stop then
			return "an option has no length, or one beyond the message"
		end
		local kind, len = u8(tvb, pos), u8(tvb, pos + 1) * 8
		if (kind == 1 or kind == 2) and len == 8 then
			show_lladdr(tree, tvb, pos)
		elseif kind == 3 and len == 32 and class == "ra" then
			show_prefix(tree, tvb, pos, path, dst, pinfo)
		end
		pos = pos + len
	end
	return nil
end

-- Neighbour Discovery of `class` in the packet from `at` to `stop`, of which all is there if `whole`.
local function show_nd(tree, tvb, at, stop, whole, class, path, dst, pinfo)
	local pos = at + IP6_LEN
	local wrong

	if u8(tvb, at + 7) ~= 255 then
		wrong = "its hop limit is not 255"
	elseif stop < pos + ND_FIXED[class] then
		wrong = whole and "it is too short" or nil
	elseif u8(tvb, pos + 1) ~= 0 then
		wrong = "its code is not 0"
	else
		if ND_FIXED[class] >= 24 then
			local target = inner_of(tvb, pos + 8, pinfo)
			if target.ep and (target.known or target.prefix == dst.prefix) then
				show_ep(tree, f.target_ip, f.target_port, tvb(pos + 16, 8), target.ep)
			end
		end
		wrong = show_options(tree, tvb, pos + ND_FIXED[class], stop, class, path, dst, pinfo)
		wrong = whole and wrong or nil
	end
	if wrong then
		tree:add_proto_expert_info(e.nd_invalid, ND_TEXT[class] .. " that receivers drop: " .. wrong)
	end
end

local function inner_text(src, dst)
	local function one(a)
		return a.ep and a.known and ep_text(a.ep) or "native"
	end
	return one(src) .. " > " .. one(dst)
end

-- Compares inside with outside; returns whether the sender is not who it says.
local function show_sender(tree, d, path, class, src, dst)
	local sender = sender_of(d, path, class, src)
	local item = show(tree, f.sender, nil, sender)

	if sender == "router" and not src.linklocal then
		item:add_proto_expert_info(e.relayed)
	elseif sender == "mismatch" then
		item:add_proto_expert_info(e.mismatch, "Inner source is " .. ep_text(src.ep) .. ", but the outer source is " ..
			ep_text(d.outer.src))
	elseif sender == "foreign" then
		item:add_proto_expert_info(e.mismatch,
			"Inner source is in no known 6bed4 prefix, and the outer source is no router")
	end
	if (path == "from-router" or path == "direct") and dst.ep and dst.known and not same(dst.ep, d.outer.dst) and
		not natted(d.outer.dst, dst) then
		item:add_proto_expert_info(e.misdirected, "Inner destination is " .. ep_text(dst.ep) ..
			", but the outer destination is " .. ep_text(d.outer.dst))
	end
	return sender == "mismatch" or sender == "foreign"
end

-- What has no inner addresses: they are missing, or not captured.
local function show_bare(tree, d, class, pinfo)
	show(tree, f.class, nil, class)
	show(tree, f.path, nil, path_of(d))
	tree:append_text(", " .. class)
	if class == "malformed" then
		tree:add_proto_expert_info(e.malformed)
	elseif class == "keepalive" and is_router(d.outer.dst) then
		learn("endpoints", key_of(d.outer.src), pinfo)
	end
	pinfo.cols.protocol = NAME
	pinfo.cols.info = string.format("%d > %d %s", d.outer.src.port, d.outer.dst.port, class)
end

-- One packet of the datagram into `tree`; returns its length (nil: it has none) and whether it is a mismatch.
local function show_packet(tree, tvb, at, d, pinfo)
	local class, stop, length = class_of(tvb, at, d.quoted or d.part)

	if not stop then
		show_bare(tree, d, class, pinfo)
		return nil, false
	end
	local src, dst = inner_of(tvb, at + 8, pinfo), inner_of(tvb, at + 24, pinfo)
	local path = path_of(d, src, dst)
	learn_from(d, path, src, dst, pinfo)
	if class == "data" then
		class = data_class(d, path, src, dst)
	end
	tree:append_text(", " .. class .. ", " .. inner_text(src, dst))
	show(tree, f.class, nil, class)
	show(tree, f.path, nil, path)
	show_inner(tree, tvb, src, f.src_ip, f.src_port)
	show_inner(tree, tvb, dst, f.dst_ip, f.dst_port)
	local bad = show_sender(tree, d, path, class, src, dst)
	if class == "nd-hidden" then
		tree:add_proto_expert_info(e.nd_hidden)
	elseif ND_FIXED[class] then
		show_nd(tree, tvb, at, stop, stop == at + length, class, path, dst, pinfo)
	end
	return length, bad
end

-- Does another packet begin at `at`, as in datagrams that the kernel has merged? They are as long as the first
-- one, but the last may be shorter.
local function another(tvb, at, first)
	if tvb:len() < at + IP6_LEN or math.floor(u8(tvb, at) / 16) ~= 6 then
		return false
	end
	local length = IP6_LEN + u16(tvb, at + 4)
	return length <= first and at + length <= tvb:reported_len()
end

-- Tunnels that this frame is in, and how many calls of other dissectors have never come back.
local depth = { frame = 0, n = 0, lost = 0 }

-- Leaves `n` bytes from `at` on to dissector `to`. What goes wrong there is shown there; some of it comes here as
-- an error, which pcall() takes. The rest, as what a dissector that finds bytes missing in the capture throws,
-- would jump past Lua and take of its 200 nested C calls with it each time: so the bytes that are there are
-- passed off as all, and after too many jumps nothing is handed over any more.
local function hand_over(to, tvb, at, n, pinfo, tree)
	n = math.min(n, tvb:len() - at)
	if n <= 0 then
		return
	end
	if depth.lost >= LOST_MAX then
		to = data
	end
	pcall(Dissector.call, to, tvb(at, n):tvb(), pinfo, tree)
end

-- The datagram's packets, each with its fields and then its own dissection. Returns whether one is a mismatch.
local function show_packets(item, tvb, d, pinfo, root)
	local length, bad = show_packet(item, tvb, 0, d, pinfo)
	local at, count = length, 1

	if tvb:len() < tvb:reported_len() then
		item:add_proto_expert_info(e.truncated)
	end
	if not length then
		local six = tvb:len() >= IP6_LEN and math.floor(u8(tvb, 0) / 16) == 6
		hand_over(six and ipv6 or data, tvb, 0, tvb:len(), pinfo, root)
		return false
	end
	hand_over(ipv6, tvb, 0, length, pinfo, root)
	local more = another(tvb, at, length)
	while more and count < MERGED_MAX do
		local sub = item:add(p, tvb(at), "Packet " .. count + 1)
		local n, b = show_packet(sub, tvb, at, d, pinfo)
		if not n then
			break
		end
		hand_over(ipv6, tvb, at, n, pinfo, root)
		count, at, bad = count + 1, at + n, bad or b
		more = n == length and another(tvb, at, length)
	end
	if count > 1 then
		show(item, f.merged, nil, count):add_proto_expert_info(e.several)
	end
	if at < tvb:reported_len() then
		show(item, f.trailing, nil, tvb:reported_len() - at):add_proto_expert_info(e.behind)
	end
	return bad
end

-- --- entry points ---------------------------------------------------------------------------------------------

local function show_datagram(tvb, pinfo, tree, d)
	local item = tree:add(p, tvb())

	if d.quoted then
		show(item, f.quoted, nil, true)
	end
	show_remotes(item, d)
	pinfo.cols.protocol = NAME
	if show_packets(item, tvb, d, pinfo, tree) then
		pinfo.cols.info:prepend("[6bed4 mismatch] ")
	end
end

function p.dissector(tvb, pinfo, tree)
	local outer = outer_of(pinfo)

	if not outer then
		return 0
	end
	if depth.frame ~= pinfo.number then
		depth.lost = depth.lost + depth.n
		depth.frame, depth.n = pinfo.number, 0
	end
	if depth.n >= NEST_MAX then
		return 0
	end
	depth.n = depth.n + 1
	show_datagram(tvb, pinfo, tree, { outer = outer, quoted = pinfo.in_error_pkt, part = pinfo.fragmented })
	depth.n = depth.n - 1
	return tvb:len()
end

-- On any port: one IPv6 packet that fills the datagram, and an inner address that is an outer endpoint. Between
-- endpoints that have talked to a router, and so perhaps behind NAT: one that is in a prefix that is known.
local function looks_like(tvb, pinfo, outer)
	if tvb:len() < IP6_LEN or math.floor(u8(tvb, 0) / 16) ~= 6 or IP6_LEN + u16(tvb, 4) ~= tvb:reported_len() then
		return false
	end
	local src, dst = inner_of(tvb, 8, pinfo), inner_of(tvb, 24, pinfo)
	if src.ep and same(src.ep, outer.src) or dst.ep and same(dst.ep, outer.dst) then
		return true
	end
	return (knows("endpoints", key_of(outer.src), pinfo) or knows("endpoints", key_of(outer.dst), pinfo)) and
		(src.ep and src.known or dst.ep and dst.known) and true or false
end

local function heuristic(tvb, pinfo, tree)
	local outer = outer_of(pinfo)

	if not outer or not looks_like(tvb, pinfo, outer) then
		return false
	end
	return p.dissector(tvb, pinfo, tree) > 0
end

-- Wireshark asks no dissector about a datagram without payload, so keepalives are found when all others are
-- done, from the fields that these have left.
local keepalive = Proto(NAME .. "_keepalive", "6bed4 keepalive")
local left = { src = Field.new("ip.src"), dst = Field.new("ip.dst"), sport = Field.new("udp.srcport"),
	dport = Field.new("udp.dstport"), length = Field.new("udp.length"), icmp = Field.new("icmp.type") }

local function last(field)
	local all = { field() }
	return #all > 0 and all[#all].value or nil
end

function keepalive.dissector(tvb, pinfo, tree)
	if last(left.length) ~= 8 or depth.frame == pinfo.number or not ip4_of(pinfo.net_src) then
		return
	end
	local src, dst, sport, dport = last(left.src), last(left.dst), last(left.sport), last(left.dport)
	if not (src and dst and sport and dport) then
		return
	end
	local d = { outer = { src = { ip = ip4_of(src), port = sport }, dst = { ip = ip4_of(dst), port = dport } },
		quoted = last(left.icmp) ~= nil }
	if is_router(d.outer.src) or is_router(d.outer.dst) then
		show_datagram(tvb(0, 0):tvb(), pinfo, tree, d)
	end
end

local function register()
	read_conf()
	for _, r in ipairs(conf.ports) do
		udp_ports:add(string.format("%d-%d", r[1], r[2]), p)
	end
end

function p.prefs_changed()
	for _, r in ipairs(conf.ports) do
		udp_ports:remove(string.format("%d-%d", r[1], r[2]), p)
	end
	register()
end

p.init = forget
register()
udp_ports:add_for_decode_as(p)
p:register_heuristic("udp", heuristic)
register_postdissector(keepalive)
