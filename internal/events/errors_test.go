package events_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/x86"
)

// refusals has a line for every reason that parsing can give; '^' stands
// before the byte under which the caret has to be. The columns follow the
// rules of 6.1 that the recordings sample.
var refusals = []struct {
	kind    events.Kind
	problem string
	line    string
	errno   events.Errno
}{
	{events.Uprobe, "FILE_NOT_FOUND", "p ^/no/such:0x10", events.ENOENT},
	{events.Uprobe, "FILE_NOT_FOUND", "p:g/e ^/root/prog:16 a=%ax", events.EACCES},
	{events.Uprobe, "NO_REGULAR_FILE", "p ^/bin:0x10", events.EINVAL},
	{events.Uprobe, "BAD_REFCNT", "p /bin/prog:0x10(^x)", events.EINVAL},
	{events.Uprobe, "BAD_REFCNT", "p /bin/prog:0x10(^0x99999999999999999)", events.ERANGE},
	{events.Uprobe, "REFCNT_OPEN_BRACE", "p /bin/prog:0x10(0x20^", events.EINVAL},
	{events.Uprobe, "BAD_REFCNT_SUFFIX", "p /bin/prog:0x10(0x20)^%return", events.EINVAL},
	{events.Uprobe, "BAD_UPROBE_OFFS", "p /bin/prog:^0x10z", events.EINVAL},
	{events.Uprobe, "BAD_UPROBE_OFFS", "r /bin/prog:^1+1%return", events.EINVAL},
	{events.Uprobe, "BAD_ADDR_SUFFIX", "p /bin/prog:0x10^%", events.EINVAL},
	{events.Uprobe, "BAD_ADDR_SUFFIX", "p /bin/prog:0x10^%returns(0x20)", events.EINVAL},
	{events.Kprobe, "MAXACT_NO_KPROBE", "p^100 vfs_read", events.EINVAL},
	{events.Kprobe, "BAD_MAXACT", "r^1a111 vfs_read", events.EINVAL},
	{events.Kprobe, "BAD_MAXACT", "r^0:g/e vfs_read", events.EINVAL},
	{events.Kprobe, "BAD_MAXACT", "r^0000000000000000000000000000000000000000000000000000000000000001 vfs_read", events.EINVAL},
	{events.Kprobe, "MAXACT_TOO_BIG", "r^4097 vfs_read", events.EINVAL},
	{events.Kprobe, "MAXACT_TOO_BIG", "r^2147483647 vfs_read", events.EINVAL},
	{events.Kprobe, "BAD_MAXACT", "r^4294967296 vfs_read", events.EINVAL},
	{events.Kprobe, "BAD_PROBE_ADDR", "p ^nothing", events.ENOENT},
	{events.Kprobe, "BAD_PROBE_ADDR", "p:g/e ^vfs_read-1 %ax", events.EINVAL},
	{events.Kprobe, "BAD_PROBE_ADDR", "p ^vfs_read+1+1", events.EINVAL},
	{events.Kprobe, "BAD_PROBE_ADDR", "p ^vfs_read+0x100000000", events.EINVAL},
	{events.Kprobe, "BAD_PROBE_ADDR", "r ^%return", events.ENOENT},
	{events.Kprobe, "BAD_PROBE_ADDR", "p ^99999999999999999999", events.ENOENT},
	{events.Kprobe, "NON_UNIQ_SYMBOL", "p ^helper+4", events.EADDRNOTAVAIL},
	{events.Kprobe, "BAD_RETPROBE", "r ^vfs_read+1", events.EINVAL},
	{events.Kprobe, "BAD_RETPROBE", "p ^vfs_read+1%return", events.EINVAL},
	{events.Kprobe, "BAD_RETPROBE", "r ^mod:start+1", events.EINVAL},
	{events.Kprobe, "BAD_ADDR_SUFFIX", "p vfs_read+1^%ret", events.EINVAL},
	{events.Kprobe, "NO_GROUP_NAME", "p:^/e vfs_read", events.EINVAL},
	{events.Kprobe, "NO_GROUP_NAME", "r10:^.e vfs_read", events.EINVAL},
	{events.Kprobe, "GROUP_TOO_LONG", "p:^" + name64 + "/e vfs_read", events.EINVAL},
	{events.Kprobe, "BAD_GROUP_NAME", "p:^g.1/e vfs_read", events.EINVAL},
	{events.Kprobe, "BAD_GROUP_NAME", "p:^1g/e vfs_read", events.EINVAL},
	{events.Kprobe, "NO_EVENT_NAME", "p:^ vfs_read", events.EINVAL},
	{events.Uprobe, "NO_EVENT_NAME", "r:^ /bin/prog:0", events.EINVAL},
	{events.Kprobe, "EVENT_TOO_LONG", "p:g/^" + name64 + " vfs_read", events.EINVAL},
	{events.Kprobe, "BAD_EVENT_NAME", "r5:g.^e.f vfs_read", events.EINVAL},
	{events.Kprobe, "BAD_EVENT_NAME", "p:^e-f vfs_read", events.EINVAL},
	{events.Kprobe, "RETVAL_ON_PROBE", "p vfs_read ^$retval", events.EINVAL},
	{events.Kprobe, "RETVAL_ON_PROBE", "r 0xc1000000 ^$retval", events.EINVAL},
	{events.Kprobe, "BAD_STACK_NUM", "p vfs_read a=^$stack2049", events.EINVAL},
	{events.Kprobe, "BAD_ARG_NUM", "p vfs_read a=^$arg2049", events.EINVAL},
	{events.Kprobe, "BAD_ARG_NUM", "p vfs_read +0(^$arg0)", events.EINVAL},
	{events.Kprobe, "BAD_VAR", "p vfs_read ^$none", events.EINVAL},
	{events.Kprobe, "BAD_VAR", "p vfs_read ^$arg", events.EINVAL},
	{events.Kprobe, "BAD_VAR", "p vfs_read+1 ^$arg1", events.EINVAL},
	{events.Kprobe, "BAD_VAR", "r vfs_read ^$arg1", events.EINVAL},
	{events.Uprobe, "BAD_VAR", "p /bin/prog:0 ^$arg1", events.EINVAL},
	{events.Uprobe, "BAD_VAR", "p /bin/prog:0 ^$stack1x", events.EINVAL},
	{events.Kprobe, "BAD_REG_NAME", "p vfs_read +0(^%none)", events.EINVAL},
	{events.Kprobe, "BAD_MEM_ADDR", "p vfs_read ^@12345678abcde", events.EINVAL},
	{events.Kprobe, "BAD_MEM_ADDR", "p vfs_read ^@0x12345678123456789", events.ERANGE},
	{events.Kprobe, "BAD_IMM", `p vfs_read arg1=\^x`, events.EINVAL},
	{events.Kprobe, "BAD_IMM", `p vfs_read \^18446744073709551616`, events.ERANGE},
	{events.Kprobe, "IMMSTR_NO_CLOSE", `p vfs_read arg1=\"abcd^`, events.EINVAL},
	{events.Kprobe, "IMMSTR_NO_CLOSE", `p vfs_read \"^`, events.EINVAL},
	{events.Kprobe, "IMMSTR_NO_CLOSE", `p vfs_read a=\"ab^ cd"`, events.EINVAL},
	{events.Kprobe, "FILE_ON_KPROBE", "p vfs_read ^@+10", events.EINVAL},
	{events.Uprobe, "BAD_FILE_OFFS", "p /bin/prog:0 ^@+1g", events.EINVAL},
	{events.Uprobe, "SYM_ON_UPROBE", "p /bin/prog:0 ^@jiffies", events.EINVAL},
	{events.Kprobe, "DEREF_NEED_BRACE", "p vfs_read ^+0@0)", events.EINVAL},
	{events.Kprobe, "BAD_DEREF_OFFS", "p vfs_read ^+0ab1(@0)", events.EINVAL},
	{events.Kprobe, "DEREF_OPEN_BRACE", "p vfs_read +0(+0(@0^)", events.EINVAL},
	{events.Kprobe, "DEREF_OPEN_BRACE", "p vfs_read +u0(%d^x", events.EINVAL}, // one short: 'u' is not counted
	{events.Kprobe, "COMM_CANT_DEREF", "p vfs_read +0(^$comm)", events.EINVAL},
	{events.Kprobe, "COMM_CANT_DEREF", `p vfs_read a=-8(+4(^\"x"))`, events.EINVAL},
	{events.Kprobe, "BAD_FETCH_ARG", "p vfs_read ^&1", events.EINVAL},
	{events.Kprobe, "BAD_FETCH_ARG", "p vfs_read -8(^ax)", events.EINVAL},
	{events.Kprobe, "TOO_MANY_OPS", "p vfs_read +0(^" + strings.Repeat("+0(", 14) + "%ax" + strings.Repeat(")", 15), events.EINVAL},
	{events.Kprobe, "TOO_MANY_OPS", "p vfs_read a=^" + nested(12, "@x") + ":string[2]", events.EINVAL},
	{events.Kprobe, "TOO_MANY_OPS", "p vfs_read a=^" + nested(12, "@x") + ":u8[2]", events.EINVAL},
	{events.Kprobe, "ARRAY_NO_CLOSE", "p vfs_read +0(%di):u8[10^", events.EINVAL},
	{events.Kprobe, "BAD_ARRAY_SUFFIX", "p vfs_read +0(%di):u8[10]^a", events.EINVAL},
	{events.Kprobe, "BAD_ARRAY_NUM", "p vfs_read +0(%di):u8[^10a]", events.EINVAL},
	{events.Kprobe, "BAD_ARRAY_NUM", "p vfs_read +0(%di):u8[^0x100000000]", events.EINVAL},
	{events.Kprobe, "ARRAY_TOO_BIG", "p vfs_read +0(%di):u8[^65]", events.EINVAL},
	{events.Kprobe, "BAD_TYPE", "p vfs_read %di:^unknown", events.EINVAL},
	{events.Kprobe, "BAD_TYPE", "p vfs_read %di:^b4@0", events.EINVAL},
	{events.Kprobe, "BAD_TYPE", "p vfs_read +0(%di):^[4]", events.EINVAL},
	{events.Kprobe, "BAD_STRING", "p vfs_read $stack0:^string", events.EINVAL},
	{events.Kprobe, "BAD_STRING", "p vfs_read %di:^u8[4]", events.EINVAL},
	{events.Kprobe, "BAD_STRING", "p vfs_read +u0(%di):^u8[4]", events.EINVAL},
	{events.Kprobe, "BAD_STRING", "p vfs_read +0(%di):^symstr[4]", events.EINVAL},
	{events.Kprobe, "BAD_SYMSTRING", `p vfs_read \1:^symstr`, events.EINVAL},
	{events.Kprobe, "BAD_SYMSTRING", "p vfs_read a=$stack:^symstr", events.EINVAL},
	{events.Kprobe, "BAD_SYMSTRING", "p vfs_read +u0(%di):^symstr", events.EINVAL},
	{events.Kprobe, "BAD_BITFIELD", "p vfs_read %di:^b10@a/16", events.EINVAL},
	{events.Kprobe, "BAD_BITFIELD", "p vfs_read %di:^b9@8/16", events.EINVAL},
	{events.Kprobe, "BAD_BITFIELD", "p vfs_read a=" + nested(12, "@x") + ":^b1@0/8", events.EINVAL},
	{events.Kprobe, "ARG_NAME_TOO_LONG", "p vfs_read ^a2345678901234567890123456789012x=%ax", events.EINVAL},
	{events.Kprobe, "NO_ARG_NAME", "p vfs_read ^=@11", events.EINVAL},
	{events.Kprobe, "BAD_ARG_NAME", "p vfs_read ^var.1=@11", events.EINVAL},
	{events.Kprobe, "USED_ARG_NAME", "p vfs_read var1=%di ^var1=%si", events.EINVAL},
	{events.Kprobe, "USED_ARG_NAME", "p vfs_read ^common_tgid=%di", events.EINVAL},
	{events.Kprobe, "USED_ARG_NAME", "r vfs_read ^__probe_ip=%di", events.EINVAL},
	{events.Kprobe, "ARG_TOO_LONG", "p vfs_read a=^+1234567(+1234567(+1234567(+1234567(+1234567(+1234567(@1234))))))", events.EINVAL},
	{events.Kprobe, "NO_ARG_BODY", "p vfs_read arg1=^", events.EINVAL},
	{events.Kprobe, "EVENT_TOO_BIG", "p vfs_read" + strings.Repeat(" +0(%di):x64[64]", 6) + " ^%ax", events.E2BIG},
}

const name64 = "n23456789012345678901234567890123456789012345678901234567890123x"

// nested is n dereferences around a body. A symbol as the body takes two
// operations more than a register, and so runs out sooner.
func nested(n int, body string) string {
	return strings.Repeat("+0(", n) + body + strings.Repeat(")", n)
}

func TestE3_EveryReason(t *testing.T) {
	seen := map[string]bool{}
	for _, tc := range refusals {
		t.Run(tc.line, func(t *testing.T) {
			before, after, ok := strings.Cut(tc.line, "^")
			require.True(t, ok)
			_, err := events.Parse(tc.kind, before+after, options(x86.AMD64))
			var e *events.Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, tc.problem, e.Problem.Name())
			assert.Equal(t, tc.errno, e.Errno)
			want := fmt.Sprintf("trace_%s: error: %s\n  Command: %s\n           %*s\n", tc.kind, e.Text(), before+after, len(before)+1, "^")
			assert.Equal(t, want, e.LogText())
			assert.ErrorIs(t, err, tc.errno)
		})
		seen[tc.problem] = true
	}
	// The rest is found out when the probe is registered: package tracefs.
	for _, later := range []string{"EVENT_EXIST", "BAD_INSN_BNDRY", "FAIL_REG_PROBE", "DIFF_PROBE_TYPE", "DIFF_ARG_TYPE", "SAME_PROBE"} {
		seen[later] = true
	}
	for p := events.FileNotFound; p <= events.EventTooBig; p++ {
		assert.True(t, seen[p.Name()], "no line gives %s", p.Name())
	}
}

func TestE3_SilentRefusals(t *testing.T) {
	for _, tc := range []struct {
		kind  events.Kind
		line  string
		errno events.Errno
	}{
		{events.Kprobe, "x vfs_read", events.ECANCELED},
		{events.Kprobe, "p", events.ECANCELED},
		{events.Kprobe, "p /bin/prog:0x10", events.ECANCELED},
		{events.Uprobe, "p prog:0x10", events.ECANCELED},
		{events.Uprobe, "p /bin/prog", events.ECANCELED},
		{events.Uprobe, "p /bin/prog:-1", events.ECANCELED},
		{events.Uprobe, "p /bin/prog:main", events.ECANCELED},
		{events.Uprobe, "p /bin/prog:0 a=$comm:u8", events.EINVAL},
		{events.Uprobe, `p /bin/prog:0 a=\"x:y"`, events.EINVAL},
		{events.Uprobe, `p /bin/prog:0 a=\"x":string[2]`, events.EINVAL},
	} {
		t.Run(tc.line, func(t *testing.T) {
			d, err := events.Parse(tc.kind, tc.line, options(x86.AMD64))
			require.Nil(t, d)
			require.ErrorIs(t, err, tc.errno)
			var e *events.Error
			require.True(t, errors.As(err, &e))
			assert.Empty(t, e.LogText())
			assert.NotEmpty(t, e.Reason)
		})
	}
}

func TestE3_CaretBehindTheLine(t *testing.T) {
	c := events.Command{Words: []string{"p:g/e", "vfs_read"}, Subsystem: "trace_kprobe"}
	e := c.Fail(events.EEXIST, events.DifferentArgType, 2, 3)
	assert.Equal(t, len("p:g/e vfs_read "), e.Pos)
}

func TestE3_WordsAreJoinedByOneBlank(t *testing.T) {
	_, err := events.Parse(events.Kprobe, "  p:g/e\t\tvfs_read \xa0 %none  ", options(x86.AMD64))
	var e *events.Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, "p:g/e vfs_read %none", e.Command)
	assert.Equal(t, len("p:g/e vfs_read "), e.Pos)
}

func TestE3_OlderReleaseMisspells(t *testing.T) {
	opt := options(x86.I386)
	opt.Release = events.RecordedRelease(x86.I386)
	_, err := events.Parse(events.Uprobe, "p /bin/prog:0 $x", opt)
	assert.ErrorContains(t, err, "Invalid $-valiable specified")
}
