package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The script of bash is loaded by bash, without the package bash-completion, and asked
// what it would complete: engines, strategies, scenarios and files.
func TestBashCompletes(t *testing.T) {
	bash, err := exec.LookPath("bash")
	require.NoError(t, err)
	const ask = `
source <(trapline completion bash)
while IFS= read -r line; do
	COMP_WORDS=(${line//=/ = }) COMPREPLY=()
	[[ $line == *[\ =] ]] && COMP_WORDS+=("")
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	__trapline_bash_autocomplete
	echo "${COMPREPLY[*]}"
done`
	asked := []struct{ line, want string }{
		{"trapline ru", "run"},
		{"trapline run first-probe --engine ", "none 2002 2005 modern"},
		{"trapline run first-probe --engine 20", "2002 2005"},
		{"trapline run first-probe --engine=mo", "modern"},
		{"trapline explore first-probe --strategy ", "dfs pct random"},
		{"trapline explore first-probe --str", "--strategy"},
		{"trapline explore first-probe --memory-model ", "sc tso"},
		{"trapline run store-b", "store-buffering"},
		{"trapline run mine", "mine.txtar"},
		{"trapline replay ", "hit.tlr"},
		{"trapline quiz the-q", "the-queue"},
		{"trapline explain K13", "K13"},
	}
	cmd := exec.Command(bash, "--norc", "-c", ask)
	cmd.Dir = t.TempDir()
	require.NoError(t, exec.Command("touch", cmd.Dir+"/mine.txtar", cmd.Dir+"/hit.tlr").Run())
	var lines, want strings.Builder
	for _, a := range asked {
		lines.WriteString(a.line + "\n")
		want.WriteString(a.want + "\n")
	}
	cmd.Stdin = strings.NewReader(lines.String())
	out, err := cmd.CombinedOutput()
	require.NoError(t, err)
	assert.Equal(t, want.String(), string(out))
}
