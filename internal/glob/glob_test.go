package glob

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"a*c", "abbc", true}, {"a*c", "abbd", false}, {"[a-c]?", "bz", true}, {"[a-c]?", "dz", false}, {"[!a]", "b", true},
		{"[!a]", "a", false}, {`\*`, "*", true}, {`\*`, "a", false}, {"[", "[", true}, {"*", "", true}, {"?", "", false},
	} {
		require.Equal(t, c.want, Match(c.pattern, c.text), "%s %s", c.pattern, c.text)
	}
}

func TestMatchDoesNotExplode(t *testing.T) {
	start := time.Now()
	require.False(t, Match(strings.Repeat("*a", 100)+"b", strings.Repeat("a", 1000)))
	require.Less(t, time.Since(start), time.Second)
}
