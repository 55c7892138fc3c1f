package tracefs_test

// This file is the one list of what the recordings hold and this package
// does not reproduce, with the reason.

// unlookedAt are groups whose events the recorder did not look up: its
// pattern for directory names had no '-'.
var unlookedAt = map[string]string{
	"o-o": "the recording has no format, enable or trace for a group with '-'",
}
