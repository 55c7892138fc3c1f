package main

import (
	"bufio"
	"bytes"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/stretchr/testify/require"

	"trapline/internal/story"
)

func TestLinesAreWrappedAtBlanks(t *testing.T) {
	for _, c := range []struct {
		line  string
		width int
		want  string
	}{
		{"short", 20, "short"},
		{"one two three four", 10, "one two\n    three\n    four"},
		{"  cpu0  target  nop", 14, "  cpu0  target\n      nop"},
		{"        deep inside text", 20, "        deep inside\n    text"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaa bbb", 10, "aaaaaaaaaaaaaaaaaaaaaaaaa\n    bbb"},
		{"aaaaaaaaaaaaaaaaaaaaaaaaa", 10, "aaaaaaaaaaaaaaaaaaaaaaaaa"},
		{"äöü äöü äöü", 7, "äöü äöü\n    äöü"},
		{"\x1b[1mone two\x1b[0m three", 10, "\x1b[1mone two\x1b[0m\n    three"},
		{"again: trapline run x --schedule t2.1", 10, "again: trapline run x --schedule t2.1"},
	} {
		require.Equal(t, c.want, wrapped(c.line, c.width))
	}
}

// What a terminal gets is no wider than it; JSON and what goes elsewhere stays
// as it is, and so does a question's prompt without a line's end.
func TestOutputForATerminalIsWrapped(t *testing.T) {
	var b bytes.Buffer
	o := &output{w: bufio.NewWriter(&b), columns: 20, wrap: true, colour: true}
	o.styled(story.Work, "one two three")
	o.WriteString(" four five six\n> ")
	require.NoError(t, o.Flush())
	require.True(t, strings.HasSuffix(b.String(), "\n> "))
	for l := range strings.Lines(b.String()) {
		require.LessOrEqual(t, ansi.StringWidth(strings.TrimRight(l, "\n")), 20)
	}
	require.Equal(t, "one two three four\n    five six\n> ", ansi.Strip(b.String()))
	b.Reset()
	o.object(map[string]string{"text": "one two three four five six"})
	require.NoError(t, o.Flush())
	require.Equal(t, 1, strings.Count(b.String(), "\n"))
	b.Reset()
	o.wrap = false
	o.WriteString("one two three four five six\n")
	require.NoError(t, o.Flush())
	require.Equal(t, "one two three four five six\n", b.String())
}

// A message is wrapped, a line of the user's with its caret is not.
func TestErrorsAreWrapped(t *testing.T) {
	var b bytes.Buffer
	_, err := wrapping{&b, 20}.Write([]byte("a.txtar:1:2: something is wrong\n  the user's own long line\n   ^\n"))
	require.NoError(t, err)
	require.Equal(t, "a.txtar:1:2:\n    something is\n    wrong\n  the user's own long line\n   ^\n", b.String())
}
