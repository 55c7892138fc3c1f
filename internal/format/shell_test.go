package format

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Words are what sh makes of the same text, which is never run as anything but
// the arguments of printf. What a shell takes for more than quotes is left out.
func TestWordsAsAShellsOwn(t *testing.T) {
	sh, err := exec.LookPath("sh")
	require.NoError(t, err)
	var texts []string
	for range 400 {
		texts = append(texts, rapid.StringOfN(rapid.SampledFrom([]rune(`ab1 '"\$_%:=+`)), 0, 14, -1).Example())
	}
	texts = append(texts, `"r:rq work $retval"`, `"r:rr work \$retval"`, `'p:a work $stack0'`, `p:e f a=\"TEXT\"`, `''`, `"" x`, `a"b"'c'\d`)
	compared := 0
	for _, text := range texts {
		if strings.HasSuffix(text, `\`) || strings.ContainsAny(variables(text), "0123456789$_") {
			continue // a line that goes on, and what a shell sets by itself
		}
		got, end, err := shellWords(text + " > FILE")
		out, bad := exec.Command(sh, "-c", `printf '<%s>' `+text).Output()
		if err != nil {
			require.Error(t, bad, "%q", text)
			continue
		}
		require.NoError(t, bad, "%q", text)
		require.Equal(t, len(text)+1, end, "%q", text)
		want := "<" + strings.Join(got, "><") + ">"
		if len(got) == 0 {
			want = "<>" // printf without an argument
		}
		require.Equal(t, string(out), want, "%q", text)
		compared++
	}
	require.Greater(t, compared, 150)
}

// variables is what follows each $.
func variables(text string) string {
	s := ""
	for i := range len(text) - 1 {
		if text[i] == '$' {
			s += text[i+1 : i+2]
		}
	}
	return s
}
