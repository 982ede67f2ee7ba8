# Sums up what "make bench" printed: the figures people ask for first.
/^pkg: / { pkg = $2 }
/^Benchmark/ {
	name = $1; sub(/-[0-9]+$/, "", name); sub(/^Benchmark/, "", name)
	for (i = 3; i < NF; i += 2) v[pkg, name, $(i + 1)] = $i
}
function ms(p, n) { return sprintf("%.2f ms", v["motcua/" p, n, "ns/op"] / 1e6) }
END {
	emrtd = "motcua/drivers/emrtd"; start = "motcua/kiosk/daemon"; face = "vision/face"
	line = "  %-52s %s\n"
	printf "\n"
	printf line, "chip read, extended lengths, both sides", sprintf("%d APDUs, %d bytes, %s", v[emrtd, "Read/extended", "apdus"], v[emrtd, "Read/extended", "bytes"], ms("drivers/emrtd", "Read/extended"))
	printf line, "chip read, short lengths, both sides", sprintf("%d APDUs, %d bytes, %s", v[emrtd, "Read/short", "apdus"], v[emrtd, "Read/short", "bytes"], ms("drivers/emrtd", "Read/short"))
	printf line, "brainpoolP256r1 multiplication | math/big", ms("drivers/emrtd/ec", "ScalarMult/brainpoolP256r1") " | " ms("drivers/emrtd/ec", "Reference")
	for (t = 1; t <= 2; t++)
		printf line, "face a frame, " t " thread" (t > 1 ? "s" : "") ": detect, align, embed", ms(face, "Frame/detect/threads=" t) ", " ms(face, "Frame/align/threads=" t) ", " ms(face, "Frame/embed/threads=" t)
	printf line, "search in the starter catalogue", sprintf("%.0f µs", v["motcua/kiosk/catalogue", "Search", "ns/op"] / 1e3)
	printf line, "dossier of 2 MB: build, seal, queue (durable)", ms("kiosk/dossier", "Build2MB") ", " ms("kiosk/seal", "Seal2MB") ", " ms("kiosk/store", "Put2MB")
	printf line, "office: receive, open and verify 2 MB", ms("kiosk/onestop", "Receive2MB") ", " ms("kiosk/dossier", "OpenVerify2MB")
	printf line, "start of kioskd to its first page", sprintf("%.0f ms", v[start, "StartUp", "ms/first-page"])
	printf line, "memory (RSS) of kioskd | its vision process", sprintf("%.0f MB | %.0f MB", v[start, "StartUp", "MB-RSS"], v[start, "StartUp", "MB-RSS-vision"])
}
