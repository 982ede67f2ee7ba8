// Package provision keeps the files that make a machine one particular kiosk of one particular office.
//
// A kiosk's folder holds three files:
//
//	device.key    ECDSA P-256 private key, PKCS #8 PEM, mode 0600, made on the machine and never leaving it
//	device.crt    its certificate, PEM; the common name is the kiosk's name
//	office.json   the office as the kiosk knows it ([Office]): address, CA, sealing key, acknowledgement key, hotline
//
// An office's folder ([OfficeKeys]) holds the private halves: the CA that issues device and server certificates, the key that
// opens dossiers and the key that signs acknowledgements. Lose seal.key and no sealed dossier can be opened again: back it up.
//
// Enrolment is by files, so that it works without a network: the kiosk writes a certificate request ([Identity.CSR]), the
// office answers with a certificate ([IssueDevice]) and office.json.
//
// Every file is written to a temporary name, synced and renamed. What is absent or unreadable is the error key_missing with
// what to do.
package provision
