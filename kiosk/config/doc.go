// Package config reads kiosk.toml: defaults, strict reading, every key documented.
//
// [Default] holds every default in one place; the embedded [Sample] documents every key with its default, and a test keeps the
// two equal. Reading is strict: a key that is not known, a value of the wrong type or outside its limits is one sentence with
// the line, the key and what to do, as a [kiosk.Error] with code config_invalid. Nothing is guessed and nothing ignored: a
// kiosk with a misspelt key must not start with a default in its place.
//
// Relative paths in a file are relative to the file's folder, so that a folder can be copied as a whole.
package config
