// Package backoffice is the intake protocol between a kiosk and the one-stop back office: wire types, the kiosk's client
// (kiosk.BackOffice) and the server's half as an [http.Handler] over a [Receiver].
//
// Protocol v1 is HTTPS (TLS 1.3) with client certificates: the kiosk shows its device certificate, whose common name is the
// kiosk's name. Nothing about a citizen is in a URL, a header or an error; bodies are sealed (package kiosk/seal).
//
//	POST /api/v1/dossiers   a sealed dossier
//	  Content-Type: application/octet-stream      body: the envelope, at most 32 MB
//	  Idempotency-Key: <dossier UUID>
//	  Content-SHA256: <hex of the body's SHA-256>
//	  Token-ID: <hex SHA-256 of the receipt token>
//	  Dossier-Created: <RFC 3339, UTC>
//	  201 {acknowledgement}   taken in and durable
//	  200 {acknowledgement}   the same dossier was taken in before: the same acknowledgement, byte for byte
//	  400 bad_input · 401 no or another's certificate · 409 same key, other body · 413 too large
//	  429 with Retry-After · 503 cannot take in now
//
//	POST /api/v1/status     {"token_id": "<hex>"}
//	  200 {status} · 404 not_found · 429 too many wrong guesses
//
//	GET  /api/v1/ping       204
//
// Errors are {"code": "<kiosk.Code>"} and nothing more.
//
// An acknowledgement is signed with Ed25519 over the canonical bytes of [AckBytes]. A kiosk purges a dossier only after
// [VerifyAck] succeeded and id and SHA-256 are the ones it sent, so that no proxy, captive portal or wrong server can make a
// dossier disappear.
//
// What the client makes of each answer is one table, [outcomeOf]:
//
//	201, 200 with a valid signed acknowledgement     delivered
//	200, 201, 204 with anything else                 office_untrusted: a portal or a stranger answered
//	3xx, or a page that is not JSON with 400–499     office_untrusted: never followed
//	400, 401, 403, 409, 413, 415, 422 as our JSON    office_refused: needs a technician
//	404 as our JSON                                  not_found (status), office_refused (dossier)
//	408, 425, 429, 5xx                               office_offline: try again, after Retry-After when given
//	no route, refused, timeout, DNS                  office_offline
//	TLS: certificate of a stranger, or expired       office_untrusted
//	TLS: the office refuses our certificate          office_refused
package backoffice
