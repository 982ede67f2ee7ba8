package emrtdtest

import (
	"crypto"
	"crypto/dsa" //nolint:staticcheck // Doc 9303-12 §4.1.6.3 still lists it, so a simulated state must be able to sign with it
	"encoding/asn1"
	"encoding/base64"
	"fmt"
	"math/big"
)

// dsaParameters are domain parameters for tests, DER of Dss-Parms, by the hash they fit (FIPS 186-4 §4.2): sizes (1024, 160),
// (2048, 224) and (2048, 256). They were made with openssl genpkey -genparam and are no secret.
var dsaParameters = map[crypto.Hash]string{
	crypto.SHA1: "" +
		"MIIBHgKBgQCTOf9uWIbp/s4gEc/voWxIqcXzv92p4ZLTlSErj6IjZVHDz98xvWXyIgyjZoGd0ZO58V5Onh1BXxOviM77UrMQxkqc05BByxMB92Lp+YeyiAKB" +
		"5qPUmZY2D+2wI67UanNVyszycrbrQ0fuSmn7Pls2AqxjCUA0O1gLgVSBMqpAQQIVALUp0uOA0HuCo3OTg9n70BWK9Mu/AoGAWtfqm9FSBm2LoTgdTLYTsos8" +
		"E6U8ZzHlt7PnQpBk0Afzj/+EGwHlUMhEbv6hSN4LnLdK9aojat4ILSuIIkpCKWf+j7ZD76Ko5ZwpRBXLG/mo4sF6cdzQiFt9SrgJDqvNvR/4tMoe/QLOZhiw" +
		"1CLnqNg/cCZD1ZizBdMOjzWM0lo=",
	crypto.SHA224: "" +
		"MIICKQKCAQEA9+7WPTnnMIWBlTZ9mAy97nLib1QSfhVTu80CNErKHtXh/RiyDiiBeVUMmK/l3cNGBTqHRb89QcyUDl0qzdQr7NR0Hb2gn/nG1NTgwVFZJzt2" +
		"Yf9Oou1jcUuhO9V0DqEusarna/2lRlF706wQpEAewsNE1lNdpDkPl3f2OvuOr+FnGwdONuZcnXI5zFmZMJXLmf0wA/VTMwrMRb+7rDfASX41s2QoiljDxKir" +
		"LmAKR/p573dbkJnn55Ur8iGr4bayO56jckv4PgwqQLg/eYwYMsWRYjqzK3/ySEKGxtyQ8dS5liuIYhO94vETF0Pi3q9gSqHQSBbCeJF60HZaNZox6QIdAIf3" +
		"RJ/wsEL06Y4PhnuLUTq7UxTseY+9o2go99MCggEBAOQWDOBj96ACDnMyX7MxYQG7oFR0JsrcBA1k0JN6Yvopk9cx8NdTAbnPfiAPXXf3gW6M279n3b9yDMPE" +
		"NHiyphUIg7EoqxnuIP9hzaxnmM1aEh3WajIom8Y5GlDyz4ZKzAn0A9IZsGa3IISBfWqICPXGQRyi3R3TTL0UhOZHp4fuYI8aUo1mKz3G+VimDFeYkWZwyngM" +
		"M96NDcylqut5vBQjh/49as+1KlS5sRSrPqdK/D6v2j7AXndCbiPHL95ZAB6seKo0/NkG4MCFryRpQFQucjGdPyYb7W40GjtPGXKJSRNx7nsHGeJGJf3fPz8I" +
		"qu6qv6wOdtS/6ZVG0tBzuDs=",
	crypto.SHA256: "" +
		"MIICLAKCAQEAs9jmKdzVj+lhZtw1m0Op2lB1bCWgM15OjR35Vn4uBRsPaJLX/GMZp8JqoAKGHkvIPOGb2iwXfJAEpW0jOQTiDIY0NVuEyJMD+eGDiV+g1vK/" +
		"NKV8ItlRjtHqhs2qkeLnyoyyMG08bHOs0vqNHbkJP8Ze3DlAAeCVVEw3DQ6RgwQqBX0dH/Qpg8Igr3uEsxOqESzPN0ssvZV+v2DNVVs0sUS3N0MfvLnLThOF" +
		"Kmcbi2M+Osr1OiE3jGZvlMYGZ0qaFD8UK40ohvlYAdnvt+uzyA6CAqaiCh22zP5R6II56GwmLZGDjHTun/M4opLsoyGQMqI0nDz5xFo7j+W3STiTxQIhAO9Y" +
		"KAOEJ/RtI0YY510joDpeWLtj1luVhixK0pVQopb9AoIBAHmdDEG1CTUTjwun/DOGeenQtFq5NOkv6VHCy/a9F+aHmSj6UCuSVg9hltOL4K+GMiGiBrwPn/U+" +
		"9keBk3hQQZ2KnOlZ0/ZcrKBgFsX6EpeVu0ak/2f79Pj5v7gesREQnKqhic1HAXjOtA5PXnah7bso3wYpQkr5UT5euynJxMHSpPhD8qFbXYmGV1PPsUChm/77" +
		"9jRO2oABJNd7kAGwio3k5OXF42cSuAn54GdpzbYFw4j6bl3XqhRMf+ZY+/BtqpZa7L1s9J0PwW5OojiZvCrZIyrbqMYhHlJTAqv+G+/go5ziZxjMrcxgvgIM" +
		"mG57/0YxT7Or8vISMIb2iJkGlKc=",
}

// dsaDomain gives the parameters for a hash.
func dsaDomain(h crypto.Hash) (p dsa.Parameters, err error) {
	text, ok := dsaParameters[h]
	if !ok {
		return p, fmt.Errorf("dsa with %v: no parameters", h)
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return p, fmt.Errorf("dsa parameters: %w", err)
	}
	var n struct{ P, Q, G *big.Int }
	if _, err := asn1.Unmarshal(raw, &n); err != nil {
		return p, fmt.Errorf("dsa parameters: %w", err)
	}
	return dsa.Parameters{P: n.P, Q: n.Q, G: n.G}, nil
}
