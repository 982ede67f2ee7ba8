// Package backoffice is the intake protocol between a kiosk and the one-stop back office: wire types, the kiosk's client
// (kiosk.BackOffice) and the server's half as an [http.Handler] over a [Receiver].
//
// Protocol v1 is HTTPS (TLS 1.3) with client certificates: the kiosk shows its device certificate, whose common name is the
// kiosk's name. Nothing about a citizen is in a URL, a header or an error; bodies are sealed (package kiosk/seal). The protocol as an
// OpenAPI 3.1 document is openapi.json, which every office serves at /api/v1/openapi.json; the suite of backofficetest compares each
// answer of a receiver with it, and the other way round.
//
//	HEAD /api/v1/parts/{sha256}    how much of a page stream is here
//	PUT  /api/v1/parts/{sha256}    bring it, from where an earlier upload broke off (Upload-Offset, Upload-Length)
//	POST /api/v1/dossiers          the small signed envelope, which names its parts: taken in when all of them are here
//	POST /api/v1/status            what a citizen may know by the receipt token
//	GET  /api/v1/changes?after=N   what happened to this kiosk's dossiers since a cursor
//	GET  /api/v1/bundles/{kind}    catalogue, calendar, rota, consents, places, sealkeys: signed (package bundle), with an ETag
//	GET  /api/v1/nonce             a fresh value, signed, that challenges to chips are derived from
//	POST /api/v1/heartbeat         how the kiosk is
//	POST /api/v1/feedback          sealed feedback
//	POST /api/v1/ratings           how a citizen found it
//	POST /api/v1/enrol             a first certificate for a one-time word; the only question without a certificate
//	POST /api/v1/renew             a fresh one
//	GET  /api/v1/ping              204
//
// A dossier's UUID is its idempotency key: the same key with the same body again gives the same acknowledgement, byte for byte
// (200 instead of 201); with another body it is 409. Errors are {"code": "<kiosk.Code>"} and nothing more.
//
// An acknowledgement is signed with Ed25519 over the canonical bytes of [AckBytes]. A kiosk purges a dossier only after
// [VerifyAck] succeeded and id and SHA-256 are the ones it sent, so that no proxy, captive portal or wrong server can make a
// dossier disappear. The envelope's SHA-256 stands for the parts too: the envelope is signed and names each by its SHA-256.
//
// What the client makes of each answer is one table, [outcomeOf] and [transportOutcome]; the cases are backofficetest.Hostiles:
//
//	201, 200 with a valid signed acknowledgement     delivered
//	200, 201, 204 with anything else                 office_untrusted: a portal or a stranger answered
//	a wrong, foreign or missing signature            office_untrusted
//	3xx, or a page that is not JSON with 400–499     office_untrusted: never followed
//	400, 401, 403, 409, 413, 415, 422 as our JSON    office_refused: needs a technician
//	404 as our JSON                                  not_found
//	412 as our JSON                                  the parts are sent once more; then unavailable
//	408, 425, 429, 5xx                               office_offline: try again, after Retry-After (at most an hour) when given
//	no route, refused, DNS, a timeout before the     office_offline
//	answer, in its head or in its body
//	TLS: certificate of a stranger, or expired       office_untrusted
//	TLS: the office refuses our certificate          office_refused
//
// What the outbox does with each (package kiosk/outbox): office_offline lets the whole outbox wait and counts no attempt;
// office_untrusted, not_found and unavailable let this dossier wait, longer each time; office_refused is quarantine.
package backoffice
