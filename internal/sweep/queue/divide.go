package queue

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/gob"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"trapline/internal/explore"
	"trapline/internal/scenario"
	"trapline/internal/sweep"
)

const (
	// alive is how long workers make tasks of a run whose leader gives no sign.
	alive = 30 * time.Second
	// moment is how long the leader waits for a yield.
	moment = 250 * time.Millisecond
	// countEvery is how many yields go by until workers are counted again.
	countEvery = 64
)

// Divided is a search whose tasks workers make: an explore.Crew.
type Divided struct {
	*Queue
	id, file string
	key      sweep.Key
	part     part
	round    int
	last     string // entry of results
	came     []*explore.Yield
	size     int
	reads    int
}

// Divide makes a crew for one search of f of the queue's workers. Close ends it.
func (q *Queue) Divide(ctx context.Context, f *scenario.File, s scenario.Search) (*Divided, error) {
	if f.InGo() {
		return nil, fmt.Errorf("%s cannot be searched by workers: it has handlers or properties in Go", f.Name)
	}
	data, err := pack(ctx, f)
	if err != nil {
		return nil, err
	}
	d := &Divided{Queue: q, id: rand.Text(), file: sumOf(data), part: part{Grain: s.Grain, StoreBuffer: f.Machine.StoreBuffer, SplitRMW: f.Machine.SplitRMW}, last: "0", key: sweep.Key{Scenario: f.Name, Engine: s.Engine, KernelText: s.KernelText}}
	if err := q.db.Set(ctx, prefix+"file:"+d.file, data, keep).Err(); err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	d.size = q.workers(ctx)
	return d, nil
}

func (d *Divided) keyOf(kind string) string { return prefix + kind + ":" + d.id }

// Close lets the workers drop what is left of the search.
func (d *Divided) Close(ctx context.Context) {
	keys := []string{d.keyOf("run"), d.keyOf("setting"), d.keyOf("tasks"), d.keyOf("results")}
	for round := range d.round + 1 {
		keys = append(keys, claimsKey(d.id, round))
	}
	d.db.Del(ctx, keys...)
}

// Begin implements explore.Crew.
func (d *Divided) Begin(ctx context.Context, s *explore.Setting) error {
	b, err := encode(s)
	if err != nil {
		return err
	}
	d.db.Del(ctx, claimsKey(d.id, d.round))
	d.round = s.Round
	return d.fails(errors.Join(d.db.Set(ctx, d.keyOf("run"), 1, alive).Err(), d.db.Set(ctx, d.keyOf("setting"), b, keep).Err()))
}

// Workers implements explore.Crew.
func (d *Divided) Workers() int { return d.size }

// Put implements explore.Crew.
func (d *Divided) Put(ctx context.Context, t *explore.Task) error {
	b, err := encode(t)
	if err != nil {
		return err
	}
	task := d.part
	task.Round, task.ID = t.Round, t.ID
	p := d.db.TxPipeline()
	p.HSet(ctx, d.keyOf("tasks"), t.ID, b)
	p.Expire(ctx, d.keyOf("tasks"), keep)
	p.XAdd(ctx, entry(d.jobs, job{Run: d.id, File: d.file, Key: d.key, Part: &task}))
	_, err = p.Exec(ctx)
	return d.fails(err)
}

// Tell implements explore.Crew.
func (d *Divided) Tell(ctx context.Context, list []explore.Claim) error {
	b, err := encode(&list)
	if err != nil {
		return err
	}
	return d.fails(d.db.XAdd(ctx, &redis.XAddArgs{Stream: claimsKey(d.id, d.round), Values: map[string]any{field: b}}).Err())
}

// Next implements explore.Crew.
func (d *Divided) Next(ctx context.Context) (*explore.Yield, error) {
	if len(d.came) == 0 {
		if err := d.read(ctx); err != nil {
			return nil, d.fails(err)
		}
	}
	if len(d.came) == 0 {
		return nil, nil
	}
	y := d.came[0]
	d.came = d.came[1:]
	return y, d.fails(d.db.HDel(ctx, d.keyOf("tasks"), strconv.Itoa(y.ID)).Err())
}

// read waits for yields.
func (d *Divided) read(ctx context.Context) error {
	if d.reads++; d.reads%countEvery == 1 {
		d.size = d.workers(ctx)
	}
	if err := d.db.Expire(ctx, d.keyOf("run"), alive).Err(); err != nil {
		return err
	}
	list, err := d.db.XRead(ctx, &redis.XReadArgs{Streams: []string{d.keyOf("results"), d.last}, Block: moment, Count: 16}).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return err
	}
	for _, s := range list {
		for _, m := range s.Messages {
			d.last = m.ID
			y := new(explore.Yield)
			if err := decodeBytes(m, y); err != nil {
				return err
			}
			d.came = append(d.came, y)
			d.db.XDel(ctx, s.Stream, m.ID)
		}
	}
	return nil
}

func (d *Divided) fails(err error) error {
	if err != nil {
		return fmt.Errorf("queue: %w", err)
	}
	return nil
}

func claimsKey(run string, round int) string {
	return fmt.Sprintf("%sclaims:%s:%d", prefix, run, round)
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(v)
	return b.Bytes(), err
}

func decodeBytes(m redis.XMessage, v any) error {
	text, ok := m.Values[field].(string)
	if !ok {
		return errors.New("an entry that trapline has not written")
	}
	return gob.NewDecoder(bytes.NewReader([]byte(text))).Decode(v)
}
