package main

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var initialized = regexp.MustCompile(`(?m)^init (\S+) @.*, (\S+) ms clock`)

// Nothing that is linked in takes long before the program does anything: tables are made when they are needed.
func TestStartIsQuick(t *testing.T) {
	const most, runs = 10, 8 // milliseconds by the clock, of which the least counts
	least := map[string]float64{}
	for range runs {
		cmd := exec.Command(os.Args[0], "version")
		cmd.Args[0] = "trapline" // which testscript.Main goes by
		cmd.Env = append(os.Environ(), "GODEBUG=inittrace=1")
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", out)
		for _, m := range initialized.FindAllStringSubmatch(string(out), -1) {
			ms, err := strconv.ParseFloat(m[2], 64)
			require.NoError(t, err)
			if before, known := least[m[1]]; !known || ms < before {
				least[m[1]] = ms
			}
		}
	}
	require.NotEmpty(t, least)
	for name, ms := range least {
		assert.Less(t, ms, float64(most), name)
	}
}
