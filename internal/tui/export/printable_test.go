package export

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/format"
	"trapline/internal/printable"
	"trapline/internal/scenario"
	"trapline/internal/tui/walk"
)

// hostile has the control characters that a scenario may have: those of C1,
// which some terminals obey, and the overrides of the writing direction.
const hostile = "Title \u009d0;gone\u009c \u009b31m\n\nLesson \u009b2J \u202etext.\n" +
	"-- machine --\nengine none\nsteps 60\n-- text.S --\n# \u009b31mcomment\n\t.globl main\nmain:\tincl %eax # \u009b32m\n\tjmp main\n-- tasks --\ncpu 0 at main\n"

func openHostile(t *testing.T) *walk.Walk {
	t.Helper()
	f, err := format.Parse("h.txtar", []byte(hostile))
	require.NoError(t, err)
	w, err := walk.Open(t.Context(), &scenario.File{File: f}, walk.Options{Record: walk.DefaultRecord})
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

// Nobody who looks at an exported file in a terminal has it do something; the
// sequences of a cast are the theme's own.
func TestExportsHaveNoControlCharactersOfTheScenario(t *testing.T) {
	for _, ext := range []string{".txt", ".svg", ".html"} {
		data, _, err := Export(t.Context(), openHostile(t), "x"+ext, Choice{})
		require.NoError(t, err)
		require.Equal(t, printable.Text(string(data)), string(data), ext)
	}
	data, _, err := Export(t.Context(), openHostile(t), "x.cast", Choice{})
	require.NoError(t, err)
	require.True(t, printable.Text(string(data)) == string(data))
	own := regexp.MustCompile(`\x1b\[[0-9;?]*[a-zA-Z]`)
	for i, line := range strings.Split(strings.TrimSpace(string(data)), "\n")[1:] {
		var screen []any
		require.NoError(t, json.Unmarshal([]byte(line), &screen))
		text := strings.ReplaceAll(own.ReplaceAllString(screen[2].(string), ""), "\r\n", "\n")
		require.Equal(t, printable.Text(text), text, "screen %d", i)
		require.Contains(t, text, `\u009b31m`, "the title")
	}
}

func TestATextIsBounded(t *testing.T) {
	w := openHostile(t)
	data, err := textUpTo(t.Context(), w, 500)
	require.NoError(t, err)
	require.Less(t, len(data), 1500)
	require.Regexp(t, `\n\d+ more steps are left out: the story has more than 500 bytes\n\nEnd after 60 steps`, string(data))
	whole, err := Text(t.Context(), w)
	require.NoError(t, err)
	require.False(t, bytes.Contains(whole, []byte("left out")))
}
