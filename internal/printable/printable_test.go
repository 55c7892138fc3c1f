package printable_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"trapline/internal/printable"
)

func TestWhatATerminalObeysIsEscaped(t *testing.T) {
	for in, want := range map[string]string{
		"":                       "",
		"plain text, größer → │": "plain text, größer → │",
		"\x1b[31mred":            `\x1b[31mred`,
		"a\rb\x07\x7f":           `a\x0db\x07\x7f`,
		"\u009b31m":              `\u009b31m`, // the one character of ESC [
		"\x9b31m":                `\x9b31m`,
		"user\u202etxt.exe":      `user\u202etxt.exe`,
		"\U000e0041":             `\U000e0041`,
		"\xff\xfe":               `\xff\xfe`,
		"\ufffd":                 "\ufffd",
		"two\nlines\tand a tab":  "two\nlines\tand a tab",
	} {
		require.Equal(t, want, printable.Text(in), "%q", in)
	}
	require.Equal(t, `a\nb\tc`, printable.Name("a\nb\tc"))
}

// Nothing comes out that a terminal obeys, and nothing else is changed.
func TestEveryStringIsSafe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")) + rapid.String().Draw(t, "text")
		out := printable.Text(s)
		for _, r := range out {
			require.False(t, r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)), "%q gives %q", s, out)
		}
		require.Equal(t, out, printable.Text(out))
		require.NotContains(t, printable.Name(s), "\n")
		if strings.IndexFunc(s, func(r rune) bool { return r != '\n' && !unicode.IsGraphic(r) || r == unicode.ReplacementChar }) < 0 {
			require.Equal(t, s, out)
		}
	})
}

func TestJSONKeepsItsValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "text") + "\x7f\u009b\U000e0041"
		b, err := json.Marshal(s)
		require.NoError(t, err)
		out := printable.JSON(string(b))
		require.Equal(t, out, printable.Text(out), "nothing is left to escape")
		var want, back string
		require.NoError(t, json.Unmarshal(b, &want))
		require.NoError(t, json.Unmarshal([]byte(out), &back))
		require.Equal(t, want, back)
	})
}
