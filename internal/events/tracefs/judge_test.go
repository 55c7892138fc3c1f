package tracefs_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// anyFile has every path as a file of its own.
type anyFile struct{}

func (anyFile) Stat(path string) (events.File, events.Errno) {
	return events.File{ID: uint64(len(path)), Regular: true}, 0
}

func judge(arch x86.Arch) *tracefs.Registry {
	return tracefs.New(tracefs.Config{
		Arch: arch, Release: events.RecordedRelease(arch), CPUs: 1, FirstID: 1000,
		Kprobes: tracefs.NewAssumedKernel(arch), Uprobes: tracefs.FilesOnly{Files: anyFile{}},
	})
}

func TestJudge(t *testing.T) {
	r := judge(x86.AMD64)
	for _, tc := range []struct {
		file   tracefs.File
		line   string
		format bool
		want   string
	}{
		{tracefs.KprobeEvents, "p:myprobe do_work+0x3 %ax +8(%sp):u32", false, "ok p:kprobes/myprobe do_work+3 arg1=%ax arg2=+8(%sp):u32\n"},
		{tracefs.KprobeEvents, "r do_work", true, "ok r10:kprobes/r_do_work_0 do_work\n" +
			"  name: r_do_work_0\n  ID: 1001\n  format:\n" +
			"  \tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n" +
			"  \tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n" +
			"  \tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" +
			"  \tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n" +
			"  \n" +
			"  \tfield:unsigned long __probe_func;\toffset:8;\tsize:8;\tsigned:0;\n" +
			"  \tfield:unsigned long __probe_ret_ip;\toffset:16;\tsize:8;\tsigned:0;\n" +
			"  \n" +
			"  print fmt: \"(%lx <- %lx)\", REC->__probe_func, REC->__probe_ret_ip\n"},
		{tracefs.KprobeEvents, "p:x do_work a=%none", true, "errno=22 EINVAL\n" +
			"  trace_kprobe: error: Invalid register name\n    Command: p:x do_work a=%none\n                           ^\n"},
		{tracefs.KprobeEvents, "p:x do_int3", false, "errno=22 EINVAL\n" +
			"  trace_kprobe: error: Failed to register probe event\n    Command: p:x do_int3\n                 ^\n"},
		{tracefs.KprobeEvents, "r do_work+1", false, "errno=22 EINVAL\n" +
			"  trace_kprobe: error: Retprobe address must be an function entry\n    Command: r do_work+1\n               ^\n"},
		{tracefs.UprobeEvents, "p:x /bin/ls:0x10 $comm", false, "ok p:uprobes/x /bin/ls:0x0000000000000010 arg1=$comm\n"},
		{tracefs.UprobeEvents, "p:x", false, "errno=22 EINVAL\n"},
		{tracefs.UprobeEvents, "-:x", true, "ok\n"},
		{tracefs.UprobeEvents, "-:x", true, "errno=2 ENOENT\n"},
		{tracefs.UprobeEvents, "# comment", true, "ok\n"},
	} {
		assert.Equal(t, tc.want, r.Judge(tc.file, tc.line).Text(tc.format), tc.line)
	}
}

func TestJudgeI386(t *testing.T) {
	r := judge(x86.I386)
	assert.Equal(t, "ok p:uprobes/p_ls_0x10 /bin/ls:0x00000010 arg1=%gs\n", r.Judge(tracefs.UprobeEvents, "p /bin/ls:0x10 %gs").Text(false))
	assert.Equal(t, "ok p:kprobes/p_0x6dd90e49 0x6dd90e49\n", r.Judge(tracefs.KprobeEvents, "p 0xdeadbeef").Text(false))
}

func TestJudgeAsJSON(t *testing.T) {
	r := judge(x86.AMD64)
	text, err := json.Marshal(r.Judge(tracefs.UprobeEvents, "p:g/e /bin/ls:16"))
	require.NoError(t, err)
	assert.Contains(t, string(text), `{"line":"p:g/e /bin/ls:16","ok":true,"readback":"p:g/e /bin/ls:0x0000000000000010","format":"name: e\n`)
	assert.Contains(t, string(text), `"probe":{"kind":"uprobe","type":"p","arch":"x86_64","group":"g","event":"e","path":"/bin/ls","file_offset":"0x10","args":[]}}`)
	text, err = json.Marshal(r.Judge(tracefs.UprobeEvents, "-:g/x"))
	require.NoError(t, err)
	assert.JSONEq(t, `{"line":"-:g/x","ok":false,"error":{"errno":2,"name":"ENOENT","reason":"no event of that name"}}`, string(text))
}

func TestAssumedKernelIsBounded(t *testing.T) {
	for _, arch := range []x86.Arch{x86.AMD64, x86.I386} {
		k := tracefs.NewAssumedKernel(arch)
		for i := range tracefs.MaxAssumed {
			_, ok := k.Address(string(rune('a'+i%26)) + string(rune(0x100+i)))
			require.True(t, ok)
		}
		_, ok := k.Address("onemore")
		assert.False(t, ok)
		assert.Zero(t, k.Count("onemore"))
		sym, ok := k.Lookup(0xc1000000)
		if arch == x86.I386 {
			assert.True(t, ok)
			assert.Equal(t, "aĀ", sym.Name)
		}
	}
}
