const W = process.argv[2]; const which = process.argv[3];
const { compile } = await import(`${W}/compiler/compile.ts`);
const { PlanDriver } = await import(`${W}/runtime/plan-driver.ts`);
const { encodeRecord } = await import(`${W}/runtime/eval/codec.ts`);
const { commitSubject, watermarkSubject, HEADER } = await import(`${W}/plan/names.ts`);
const { partitionOf } = await import(`${W}/plan/partition.ts`);
const programs: Record<string,string> = {
 likes: `pipeline p { from firehose('app.bsky.feed.like') |> filter op == 'create' |> window tumbling(size: 1m) |> reduce by record.subject.uri as post { likes: count() } |> to topic('o', key: post) }`,
 map: `pipeline p { from firehose('app.bsky.feed.like') |> filter op == 'create' |> map { did, post: record.subject.uri } |> to topic('o', key: did) }`,
};
const { plans } = compile({ file: "x.fpl", text: programs[which] });
const headers = new Map([[HEADER.relayHost, "x"],[HEADER.contentType,"y"]]);
const T0 = Date.UTC(2026,6,4,12);
const messages: any[] = []; let sec=-1; let seed=1; const rnd=(n:number)=>{seed=(Math.imul(seed,1103515245)+12345)>>>0; return seed%n;};
for (let i=0;i<150000;i++){ const ms=T0+i-rnd(300); const did=`did:plc:${(rnd(50000)+1e6).toString(36).padEnd(24,'a')}`; const p=partitionOf(did,8);
 const record={ $type:"app.bsky.feed.like", subject:{cid:"bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454", uri:`at://did:plc:${(rnd(50000)).toString(36).padEnd(24,'b')}/app.bsky.feed.post/3l${rnd(100000)}`}, createdAt:"2026-07-04T12:00:00.000Z"};
 messages.push({subject:commitSubject(p,"create","app.bsky.feed.like"), headers, payload: encodeRecord({op:"create",cid:"bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454",did,rev:"3jzfcijpj2z2a",seq:i+1,kind:"commit",rkey:"3lxxxxxxxxxxx",time:ms,record:encodeRecord(record),collection:"app.bsky.feed.like"})});
 const s=Math.floor((T0+i)/1000); if (s!==sec){sec=s; for(let q=0;q<8;q++) messages.push({subject:watermarkSubject(q),headers:new Map([[HEADER.watermark,String(T0+i-1000)]]),payload:new Uint8Array()});}
}
const times:number[]=[];
for (let r=0;r<9;r++){ let n=0; const d=new PlanDriver(plans,8,(_t:any,b:any)=>{n+=b.length}); const c=process.cpuUsage(); for (const m of messages) d.push(m); for(let q=0;q<8;q++) d.push({subject:watermarkSubject(q),headers:new Map([[HEADER.watermark,"253402300799999"]]),payload:new Uint8Array()}); d.flush(); const u=process.cpuUsage(c); times.push((u.user+u.system)/150000*1000); }
times.sort((a,b)=>a-b); console.log(W.slice(6), which, 'ns/event least', times[0].toFixed(0), 'median', times[4].toFixed(0));
