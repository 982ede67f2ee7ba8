// Package uplink is the relay through which a kiosk reaches its office: the only process of a kiosk with a network.
//
// kioskd has no network. It asks the relay, over a Unix socket, for a connection to the office, and then speaks TLS through it
// from end to end. The relay passes bytes that it cannot read: it holds no key, no certificate, no dossier and no file of the
// kiosk. Whoever breaks into the relay from the network sees ciphertext and the office's address; whoever breaks into kioskd can
// talk to the office and to nobody else.
//
// A connection begins with one line from the kiosk and one line back, both ASCII and ended by a line feed:
//
//	→ motcua-uplink/1 HOST:PORT
//	← ok
//
// The line of the kiosk has at most [MaxRequest] bytes and must come within [RequestTime]. In place of ok stands a [Reason]: the relay
// closes then. After ok the bytes are the office's and the kiosk's, in both directions, each of which may end before the other
// (half-close), until both have ended or nothing has moved for [IdleTime].
//
// The relay dials the destinations of its own list and no other: a list on the kiosk's side would bind nobody who broke in there.
// Who may ask is decided by the socket's mode and by the peer's user id (SO_PEERCRED, unix(7)).
package uplink
