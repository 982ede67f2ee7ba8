// Package onestop is the reference back office: it takes in sealed dossiers from kiosks, shows them to officers, and keeps
// their states, numbers and events.
//
// What a newcomer must know:
//
//   - A [Desk] is the domain: intake, opening, moves between states, accounts. A [Server] puts it on two listeners, the
//     intake (HTTPS, mutual TLS) and the officer's pages. A [Store] keeps it; package sqlite is the one that ships.
//   - The sealed envelope is stored exactly as received and is the only copy of a citizen's data. It is opened in memory for
//     each view, checked again from the raw bytes, and forgotten: no plain name, number or picture is ever written.
//   - The inbox still has to say whose dossier it is. For that one line the name is kept encrypted (AES-256-GCM under a key
//     derived from the office's private key, bound to the dossier's id): a stolen database without the key file tells nobody.
//     What else the index keeps in plain is not personal: ids, times, procedure, kiosk, state, number, the verdict's badge.
//     An officer's words to the citizen are kept in plain, because the status look-up answers with them.
//   - A dossier that cannot be opened is kept and shown as such: nothing that was acknowledged disappears.
//   - Dossiers have the ten national states; one table ([Moves]) says which move is allowed, who may make it and what it asks
//     for. The official number (mã hồ sơ) is given in the same transaction that accepts the dossier, exactly once, and is
//     never parsed for meaning.
//   - A [Desk] remembers nothing between requests but failed guesses: logins stand in the store, by hash, so several receivers over
//     one PostgreSQL serve one officer. A form's word and a picture's address follow from the login's cookie.
//   - Every action has a named person. Events of a dossier and the audit chain can only be added to.
//
// Sources: NĐ 118/2025/NĐ-CP and TT 03/2025/TT-VPCP (one-stop), the national state list as found in three public code bases,
// Luật 91/2025/QH15 (personal data), RFC 9106 (argon2id), OWASP session management.
package onestop
