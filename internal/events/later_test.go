package events_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// Words of later kernels are named with their version; what 6.1 takes, and what no kernel does, is not.
func TestLaterWords(t *testing.T) {
	for line, since := range map[string]string{
		"f:x vfs_read":                    "6.5",
		"f8:g/x vfs_read%return $retval":  "6.5",
		"t sched_switch":                  "6.5",
		"p vfs_read $arg*":                "6.5",
		"p vfs_read file":                 "6.5",
		"p vfs_read n=count:u64":          "6.5",
		"p vfs_read file->f_flags":        "6.6",
		"r vfs_read $retval->f_flags:x32": "6.6",
		"p vfs_read name=$arg1:%pD":       "6.10",
		"p vfs_read c=%di:char":           "6.3",
		"r vfs_read $arg1":                "6.9",
		"p vfs_read%return $arg1":         "6.9",
		"p vfs_read %nosuch":              "",
		"p vfs_read %di:u9":               "",
		"p vfs_read +0(%di":               "",
		"x vfs_read":                      "",
		"":                                "",
		"p":                               "",
	} {
		_, err := events.Parse(events.Kprobe, line, events.Options{Arch: x86.AMD64, Symbols: tracefs.NewAssumedKernel(x86.AMD64)})
		if line != "" {
			require.Error(t, err, line)
		}
		later := events.Later(events.Kprobe, line)
		if since == "" {
			require.Empty(t, later, line)
		} else {
			require.Regexp(t, `: since Linux `+since+`$`, later, line)
		}
	}
	require.Empty(t, events.Later(events.Uprobe, "p /bin/sh:0x10 $arg*"), "programs have no BTF")
	require.NotEmpty(t, events.Later(events.Uprobe, "p /bin/sh:0x10 %di:char"))
}
