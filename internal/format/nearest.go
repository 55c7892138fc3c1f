package format

import (
	"strings"

	"trapline/internal/nearest"
)

// meant continues a message about an unknown word with the nearest known one.
func meant(word string, candidates []string) string {
	if n := nearest.Word(word, candidates); n != "" {
		return `"` + n + `" perhaps, or one of ` + strings.Join(candidates, ", ")
	}
	return "one of " + strings.Join(candidates, ", ")
}
