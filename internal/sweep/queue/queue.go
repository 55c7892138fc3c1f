// Package queue hands the searches of a sweep to workers on other machines,
// through the streams of a Redis or Valkey server. A search is delivered at
// least once: a worker that dies leaves it to another one, and the first result counts.
//
// The keys, all behind "trapline:":
//
//	jobs:VERSION    stream of searches, one consumer group; workers of another version see none of it
//	run:RUN         exists while somebody wants the results of a run
//	added:RUN       set of the keys that were put into jobs
//	results:RUN     stream of results
//	file:SUM        a scenario with the files that it names, by SHA-256
//
// A search that is divided is a run, too. Its tasks lie in jobs, its yields in results; besides:
//
//	setting:RUN     what the tasks of the present round have in common
//	tasks:RUN       hash of the tasks that nobody has handed in
//	claims:RUN:N    stream of what need not be done any more in round N
package queue

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"trapline/internal/explore"
	"trapline/internal/format"
	"trapline/internal/scenario"
	"trapline/internal/sweep"
)

const (
	prefix = "trapline:"
	group  = "workers"
	// keep is how long the server keeps what nobody asks for any more.
	keep = 7 * 24 * time.Hour
	// block is how long a read waits for something to come.
	block = time.Second
)

// Queue is a connection to the server.
type Queue struct {
	db   *redis.Client
	jobs string // its stream
}

// Dial connects to redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss:// with TLS. Workers
// take the searches of runs of their own version only.
func Dial(ctx context.Context, url, version string) (*Queue, error) {
	o, err := redis.ParseURL(url)
	if err != nil {
		return nil, fmt.Errorf("queue: %w; expected redis://HOST:PORT", err)
	}
	q := &Queue{db: redis.NewClient(o), jobs: prefix + "jobs:" + version}
	err = q.db.Ping(ctx).Err()
	if err == nil {
		err = q.db.XGroupCreateMkStream(ctx, q.jobs, group, "0").Err()
		if err != nil && strings.HasPrefix(err.Error(), "BUSYGROUP") { // it is there
			err = nil
		}
	}
	if err != nil {
		q.Close()
		return nil, fmt.Errorf("queue: %w", err)
	}
	return q, nil
}

// Close ends the connection.
func (q *Queue) Close() { q.db.Close() }

// job is a search as it lies in the stream.
type job struct {
	Run    string        `json:"run"`
	File   string        `json:"file"`
	Key    sweep.Key     `json:"key"`
	Time   time.Duration `json:"time"`
	Memory int           `json:"memory"`
	Part   *part         `json:"part,omitempty"` // of a search that is divided
}

// part is a task of a search that is divided; its key is the search's.
type part struct {
	Round int           `json:"round"`
	ID    int           `json:"id"`
	Grain explore.Grain `json:"grain,omitempty"`
	// Of the machine: the command line may have others than the file.
	StoreBuffer int  `json:"store_buffer,omitempty"`
	SplitRMW    bool `json:"split_rmw,omitempty"`
}

// content is a scenario with the files that it names.
type content struct {
	Scenario []byte            `json:"scenario"`
	Files    map[string][]byte `json:"files,omitempty"`
}

// pack is what a worker needs of a file, its listing included: the worker's
// machine need not have an assembler.
func pack(ctx context.Context, f *scenario.File) ([]byte, error) {
	if f.Source != nil && f.Listing == nil {
		_, listing, err := scenario.Assemble(ctx, f.File)
		if err != nil {
			return nil, err
		}
		f.SetListing(listing)
	}
	c := content{Scenario: f.Bytes()}
	for _, name := range f.Named() {
		data, err := f.ReadFile(name)
		if err != nil {
			return nil, err
		}
		if c.Files == nil {
			c.Files = map[string][]byte{}
		}
		c.Files[name] = data
	}
	return json.Marshal(c)
}

// unpack makes the file again. It reads nothing of the worker's machine.
func unpack(name string, data []byte) (*scenario.File, error) {
	var c content
	if err := json.Unmarshal(data, &c); err != nil {
		return nil, err
	}
	f, err := format.Parse(name, c.Scenario)
	if err != nil {
		return nil, err
	}
	return &scenario.File{File: f, ReadFile: func(n string) ([]byte, error) {
		if data, ok := c.Files[n]; ok {
			return data, nil
		}
		return nil, fmt.Errorf("%s did not come with the scenario", n)
	}}, nil
}

func sumOf(data []byte) string { return fmt.Sprintf("%x", sha256.Sum256(data)) }

// field is the one field of each entry of the streams.
const field = "v"

func entry(stream string, v any) *redis.XAddArgs {
	return &redis.XAddArgs{Stream: stream, Values: map[string]any{field: marshal(v)}}
}

func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain data always marshals
	}
	return b
}

// decode reads an entry.
func decode(m redis.XMessage, v any) error {
	text, ok := m.Values[field].(string)
	if !ok {
		return errors.New("an entry that trapline has not written")
	}
	return json.Unmarshal([]byte(text), v)
}
