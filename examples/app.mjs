// A customer's application. Plugboard sends it a GET and rings the numbers it returns: Anil first, then Priya.
import { createServer } from "node:http";

const app = createServer((request, response) => {
  const call = new URL(request.url, "http://localhost").searchParams;
  console.log(`${call.get("CallFrom")} is calling ${call.get("CallTo")}, call ${call.get("CallSid")}`);
  response.setHeader("Content-Type", "application/json");
  response.end(
    JSON.stringify({
      destination: { numbers: ["+919900000011", "+919900000022"] },
      max_ringing_duration: 20,
      record: true,
      recording_channels: "dual",
    }),
  );
});

app.listen(Number(process.env.PORT ?? 8090), "127.0.0.1", () => {
  console.log(`The Connect URL is http://127.0.0.1:${app.address().port}/connect`);
});
