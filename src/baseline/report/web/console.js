"use strict";
// Links into AWS's console.
const awsConsole = (() => {
  const DOMAINS = {
    "aws-cn": "console.amazonaws.cn",
    "aws-us-gov": "console.amazonaws-us-gov.com",
  };
  const HOME = "console.aws.amazon.com";
  const REGION = /^[a-z]{2,4}(-[a-z]+)+-\d+$/;

  // Where the console shows a finding, as [text, address]; a resource is asked for by its ARN.
  function links({ tool, region, check, resource, uid }) {
    const partition = /^arn:(aws[a-z-]*):/.exec(resource)?.[1] ?? "aws";
    const domain = DOMAINS[partition] ?? HOME;
    const found = [];
    if (/^arn:aws[a-z-]*:[a-z0-9-]+:/.test(resource)) {
      found.push([
        "Resource in the console",
        `https://${domain}/go/view?arn=${encodeURIComponent(resource)}`,
      ]);
    }
    if (!REGION.test(region)) return found;
    const home = (service) => `https://${region}.${domain}/${service}/home?region=${region}#`;
    if (tool === "guardduty") {
      const id = encodeURIComponent(uid.split("/").pop());
      found.push([
        "Finding in GuardDuty",
        `${home("guardduty")}/findings?macros=current&fId=${id}`,
      ]);
    }
    if (tool === "config") {
      const rule = encodeURIComponent(check);
      found.push(["Rule in Config", `${home("config")}/rules/details?configRuleName=${rule}`]);
    }
    return found;
  }

  return { links };
})();
